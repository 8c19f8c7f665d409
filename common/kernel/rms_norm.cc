#include "common/kernel/rms_norm.h"

#include <algorithm>
#include <cmath>

#include "ATen/ops/empty.h"
#include "ATen/ops/empty_like.h"
#include "common/kernel/parallel_for.h"
#include "common/kernel/vec16.h"
#include "torch/csrc/autograd/custom_function.h"

namespace mdrl {
namespace {

using kernel::All;
using kernel::kLanes;
using kernel::LoadSome;
using kernel::StoreSome;
using kernel::Sum;
using kernel::Vec;

// Rows whose weight gradients are summed together: fixed, so that the sum does
// not depend on the number of threads.
constexpr int64_t kRowsPerPart = 256;

MDRL_KERNEL_INLINE float InverseRms(const float* x, int64_t d, float eps) {
  Vec squares = {};
  for (int64_t c = 0; c < d; c += kLanes) {
    const Vec v = LoadSome(x + c, d - c);
    squares += v * v;
  }
  return 1.0f / std::sqrt(Sum(squares) / static_cast<float>(d) + eps);
}

MDRL_KERNEL_CLONES
void ForwardRows(const float* x, const float* weight, float eps, int64_t rows,
                 int64_t d, float* y) {
  for (int64_t row = 0; row < rows; ++row, x += d, y += d) {
    const float scale = InverseRms(x, d, eps);
    for (int64_t c = 0; c < d; c += kLanes) {
      StoreSome(y + c,
                LoadSome(weight + c, d - c) * (LoadSome(x + c, d - c) * scale),
                d - c);
    }
  }
}

// With s = 1/rms and g = w * dy: dx = s g - x s^3 mean(g x), dw = sum dy x s.
MDRL_KERNEL_CLONES
void BackwardRows(const float* x, const float* weight, const float* dy,
                  float eps, int64_t rows, int64_t d, float* dx, float* dw) {
  std::fill_n(dw, d, 0.0f);
  for (int64_t row = 0; row < rows; ++row, x += d, dy += d, dx += d) {
    const float scale = InverseRms(x, d, eps);
    Vec along = {};
    for (int64_t c = 0; c < d; c += kLanes) {
      along += LoadSome(weight + c, d - c) * LoadSome(dy + c, d - c) *
               LoadSome(x + c, d - c);
    }
    const float pull =
        Sum(along) * scale * scale * scale / static_cast<float>(d);
    for (int64_t c = 0; c < d; c += kLanes) {
      const Vec vx = LoadSome(x + c, d - c), vdy = LoadSome(dy + c, d - c);
      StoreSome(dx + c, LoadSome(weight + c, d - c) * vdy * scale - vx * pull,
                d - c);
      StoreSome(dw + c, LoadSome(dw + c, d - c) + vdy * vx * scale, d - c);
    }
  }
}

class RmsNormFunction : public torch::autograd::Function<RmsNormFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& x_in, const at::Tensor& weight,
                            double eps) {
    const at::Tensor x = x_in.contiguous();
    context->save_for_backward({x, weight});
    context->saved_data["eps"] = eps;
    const int64_t d = x.size(-1), rows = x.numel() / d;
    at::Tensor y = at::empty_like(x);
    const float* from = x.const_data_ptr<float>();
    const float* w = weight.const_data_ptr<float>();
    float* to = y.mutable_data_ptr<float>();
    ParallelFor(rows, kRowsPerPart, [&](int64_t begin, int64_t end) {
      ForwardRows(from + begin * d, w, static_cast<float>(eps), end - begin, d,
                  to + begin * d);
    });
    return y;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1];
    const auto eps = static_cast<float>(context->saved_data["eps"].toDouble());
    const at::Tensor dy = gradients[0].contiguous();
    const int64_t d = x.size(-1), rows = x.numel() / d;
    const int64_t parts = (rows + kRowsPerPart - 1) / kRowsPerPart;
    at::Tensor dx = at::empty_like(x);
    at::Tensor dw_parts = at::empty({parts, d}, x.options());
    const float* from = x.const_data_ptr<float>();
    const float* w = weight.const_data_ptr<float>();
    const float* g = dy.const_data_ptr<float>();
    float* to = dx.mutable_data_ptr<float>();
    float* dw = dw_parts.mutable_data_ptr<float>();
    ParallelFor(parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part) {
        const int64_t at = part * kRowsPerPart;
        BackwardRows(from + at * d, w, g + at * d, eps,
                     std::min(kRowsPerPart, rows - at), d, to + at * d,
                     dw + part * d);
      }
    });
    return {dx, dw_parts.sum(0), at::Tensor()};
  }
};

}  // namespace

at::Tensor FusedRmsNorm(const at::Tensor& x, const at::Tensor& weight,
                        double eps) {
  return RmsNormFunction::apply(x, weight.contiguous(), eps);
}

}  // namespace mdrl
