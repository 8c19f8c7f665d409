#include "common/tensor/torch_version.h"

#include "torch/version.h"

namespace mdrl {

std::string TorchVersion() { return TORCH_VERSION; }

}  // namespace mdrl
