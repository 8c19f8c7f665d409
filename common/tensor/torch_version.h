// The LibTorch that this program was built with: part of what makes two builds
// equal.
#ifndef MDRL_COMMON_TENSOR_TORCH_VERSION_H_
#define MDRL_COMMON_TENSOR_TORCH_VERSION_H_

#include <string>

namespace mdrl {

std::string TorchVersion();  // "2.11.0"

}  // namespace mdrl

#endif  // MDRL_COMMON_TENSOR_TORCH_VERSION_H_
