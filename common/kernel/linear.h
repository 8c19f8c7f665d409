// A matrix product whose rows do not depend on how many there are.
//
// The BLAS takes another path for a handful of rows, and its last bits differ
// (measured with MKL 2024.2: below 4 rows a thread). Few rows are therefore
// padded; small weights take a way of their own (small_linear.h). Stateless,
// thread-safe.
#ifndef MDRL_COMMON_KERNEL_LINEAR_H_
#define MDRL_COMMON_KERNEL_LINEAR_H_

#include "ATen/core/Tensor.h"

namespace mdrl {

// x W^T for x [..., K] and weight [N, K]. Differentiable. A weight stored in
// another floating type than x's is widened a part at a time, in backward once
// more: it never exists whole in x's type. REQUIRES: such a weight needs no
// gradient.
at::Tensor RowwiseLinear(const at::Tensor& x, const at::Tensor& weight);

// h + x W^T, likewise. h has the shape of the result.
at::Tensor RowwiseLinearAdd(const at::Tensor& h, const at::Tensor& x,
                            const at::Tensor& weight);

}  // namespace mdrl

#endif  // MDRL_COMMON_KERNEL_LINEAR_H_
