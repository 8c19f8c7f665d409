#include "common/model/rope.h"

#include "ATen/TensorOperators.h"
#include "ATen/ops/arange.h"
#include "ATen/ops/cat.h"
#include "ATen/ops/outer.h"
#include "ATen/ops/pow.h"

namespace mdrl {

RopeAngles MakeRopeAngles(int64_t positions, int64_t head_dim, double theta,
                          at::ScalarType type) {
  const auto options =
      at::TensorOptions().dtype(type == at::kDouble ? at::kDouble : at::kFloat);
  const at::Tensor exponent = at::arange(0, head_dim, 2, options) / head_dim;
  const at::Tensor frequency = at::pow(theta, exponent).reciprocal();
  const at::Tensor angle =
      at::outer(at::arange(0, positions, options), frequency);
  const at::Tensor both = at::cat({angle, angle}, -1);
  return {both.cos(), both.sin()};
}

at::Tensor ApplyRope(const at::Tensor& x, const at::Tensor& cos_TE,
                     const at::Tensor& sin_TE) {
  const at::Tensor wide = x.to(cos_TE.scalar_type());
  const auto halves = wide.chunk(2, -1);
  const at::Tensor rotated = at::cat({-halves[1], halves[0]}, -1);
  return (wide * cos_TE + rotated * sin_TE).to(x.scalar_type());
}

}  // namespace mdrl
