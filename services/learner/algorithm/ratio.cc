#include "services/learner/algorithm/ratio.h"

#include "ATen/TensorOperators.h"
#include "ATen/ops/minimum.h"

namespace mdrl {

at::Tensor Clipped(const at::Tensor& ratio, const at::Tensor& advantage,
                   double low, double high) {
  return at::minimum(ratio * advantage,
                     ratio.clamp(1.0 - low, 1.0 + high) * advantage);
}

at::Tensor IsClipped(const at::Tensor& ratio, const at::Tensor& advantage,
                     double low, double high) {
  return ratio.clamp(1.0 - low, 1.0 + high) * advantage < ratio * advantage;
}

at::Tensor K2(const at::Tensor& d) { return 0.5 * d * d; }

at::Tensor K3(const at::Tensor& d) { return d.exp() - d - 1.0; }

}  // namespace mdrl
