// Linear maps through small_gemm.h, differentiable.
//
// Stateless, thread-safe; runs on Torch's threads (parallel_for.h).
#ifndef MDRL_COMMON_KERNEL_SMALL_LINEAR_H_
#define MDRL_COMMON_KERNEL_SMALL_LINEAR_H_

#include "ATen/core/Tensor.h"

namespace mdrl {

// Whether SmallLinear can take these and is the faster way: float32 on a CPU
// with AVX-512, and a weight that fits the caches.
bool FitsSmallLinear(const at::Tensor& x, const at::Tensor& weight);

// x W^T (+ h, unless it is undefined) for x [..., K], weight [N, K] and h
// [..., N]. A row's result depends on that row alone. The gradient of the
// weight is a sum over all rows in order, whatever the number of threads.
// REQUIRES: FitsSmallLinear.
at::Tensor SmallLinear(const at::Tensor& x, const at::Tensor& weight,
                       const at::Tensor& h = at::Tensor());

}  // namespace mdrl

#endif  // MDRL_COMMON_KERNEL_SMALL_LINEAR_H_
