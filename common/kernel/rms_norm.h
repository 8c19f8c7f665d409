// RMSNorm in one pass: y = w * x / sqrt(mean(x^2) + eps), with its gradient.
//
// Stateless, thread-safe. A row's numbers depend on that row alone.
#ifndef MDRL_COMMON_KERNEL_RMS_NORM_H_
#define MDRL_COMMON_KERNEL_RMS_NORM_H_

#include "ATen/core/Tensor.h"

namespace mdrl {

// Over the last dimension of `x`. REQUIRES: float32 on the CPU, both.
at::Tensor FusedRmsNorm(const at::Tensor& x, const at::Tensor& weight,
                        double eps);

}  // namespace mdrl

#endif  // MDRL_COMMON_KERNEL_RMS_NORM_H_
