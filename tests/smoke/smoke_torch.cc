#include "tests/smoke/smoke_torch.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mul.h>

namespace mdrl {

double GradientOfSquareAtThree() {
  at::Tensor x = at::full({}, 3.0, at::kDouble).requires_grad_(true);
  x.mul(x).backward();
  return x.grad().item<double>();
}

}  // namespace mdrl
