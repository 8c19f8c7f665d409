// SwiGLU in one pass: silu(gate) * up, with its gradient.
//
// Stateless, thread-safe. A row's numbers depend on that row alone.
#ifndef MDRL_COMMON_KERNEL_SWIGLU_H_
#define MDRL_COMMON_KERNEL_SWIGLU_H_

#include "ATen/core/Tensor.h"

namespace mdrl {

// The last dimension of `gate_up` holds the gates, then as many ups.
// REQUIRES: float32 on the CPU.
at::Tensor FusedSwiGlu(const at::Tensor& gate_up);

}  // namespace mdrl

#endif  // MDRL_COMMON_KERNEL_SWIGLU_H_
