// Rotary position embedding in the rotate-half layout: halves of the head
// dimension, angles concatenated.
//
// Stateless, thread-safe.
#ifndef MDRL_COMMON_MODEL_ROPE_H_
#define MDRL_COMMON_MODEL_ROPE_H_

#include <cstdint>

#include "ATen/core/Tensor.h"

namespace mdrl {

// cos and sin of position / theta^(2i / head_dim), twice side by side.
struct RopeAngles {
  at::Tensor cos_TE, sin_TE;  // E = head_dim
};

// In float64 the angles are computed in float64, otherwise in float32 as the
// published code does. REQUIRES: head_dim is even.
RopeAngles MakeRopeAngles(int64_t positions, int64_t head_dim, double theta,
                          at::ScalarType type);

// x * cos + rotate_half(x) * sin, in the angles' type; back in x's type.
// x is [..., T, E]; the angles' rows are those positions.
at::Tensor ApplyRope(const at::Tensor& x, const at::Tensor& cos_TE,
                     const at::Tensor& sin_TE);

}  // namespace mdrl

#endif  // MDRL_COMMON_MODEL_ROPE_H_
