#include "common/kernel/small_linear.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "ATen/ops/empty.h"
#include "ATen/ops/empty_like.h"
#include "common/kernel/parallel_for.h"
#include "common/kernel/small_gemm.h"
#include "torch/csrc/autograd/custom_function.h"

namespace mdrl {
namespace {

// 2 MiB: what two caches of the second level hold beside the rows.
constexpr int64_t kMostWeights = 1 << 19;
// Rows that one thread takes at a time: whole tiles, few enough for two threads
// to share the small batches there are.
constexpr int64_t kRowsPerTask = 48;
// Rows of a weight's gradient per task; whole tiles.
constexpr int64_t kGradientRowsPerTask = 12;

// y [M, N] = x [M, K] b (+ add), b as stored [K, N] or, transposed, [N, K].
void ParallelMultiply(const at::Tensor& x_MK, const at::Tensor& b,
                      bool transposed, const float* add, at::Tensor& y_MN) {
  const int64_t m = x_MK.size(0), k = x_MK.size(1), n = y_MN.size(1);
  std::vector<float> packed(kernel::PackedFloats(k, n));
  kernel::Pack(b.const_data_ptr<float>(), transposed, k, n, packed.data());
  const float* const x = x_MK.const_data_ptr<float>();
  float* const y = y_MN.mutable_data_ptr<float>();
  ParallelFor((m + kRowsPerTask - 1) / kRowsPerTask, 1,
              [&](int64_t begin, int64_t end) {
                const int64_t first = begin * kRowsPerTask;
                const int64_t last = std::min(m, end * kRowsPerTask);
                kernel::Multiply(x + first * k, packed.data(),
                                 add == nullptr ? nullptr : add + first * n,
                                 last - first, k, n, y + first * n);
              });
}

// a^T b: [N, K] from a [M, N] and b [M, K].
at::Tensor ParallelMultiplyTransposed(const at::Tensor& a_MN,
                                      const at::Tensor& b_MK) {
  const int64_t m = a_MN.size(0), n = a_MN.size(1), k = b_MK.size(1);
  at::Tensor c_NK = at::empty({n, k}, a_MN.options());
  const float* const a = a_MN.const_data_ptr<float>();
  const float* const b = b_MK.const_data_ptr<float>();
  float* const c = c_NK.mutable_data_ptr<float>();
  ParallelFor((n + kGradientRowsPerTask - 1) / kGradientRowsPerTask, 1,
              [&](int64_t begin, int64_t end) {
                kernel::MultiplyTransposed(
                    a, b, m, n, k, begin * kGradientRowsPerTask,
                    std::min(n, end * kGradientRowsPerTask), c);
              });
  return c_NK;
}

class SmallLinearFunction
    : public torch::autograd::Function<SmallLinearFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& x_MK, const at::Tensor& weight_NK,
                            const std::optional<at::Tensor>& h_MN) {
    context->save_for_backward({x_MK, weight_NK});
    context->saved_data["added"] = h_MN.has_value();
    at::Tensor y = at::empty({x_MK.size(0), weight_NK.size(0)}, x_MK.options());
    ParallelMultiply(x_MK, weight_NK, /*transposed=*/true,
                     h_MN ? h_MN->const_data_ptr<float>() : nullptr, y);
    return y;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x_MK = saved[0], &weight_NK = saved[1];
    const at::Tensor dy_MN = gradients[0].contiguous();
    at::Tensor dx, dw;
    if (context->needs_input_grad(0)) {
      dx = at::empty_like(x_MK);
      ParallelMultiply(dy_MN, weight_NK, /*transposed=*/false, nullptr, dx);
    }
    if (context->needs_input_grad(1)) {
      dw = ParallelMultiplyTransposed(dy_MN, x_MK);
    }
    const bool added = context->saved_data["added"].toBool();
    return {dx, dw, added ? dy_MN : at::Tensor()};
  }
};

}  // namespace

bool FitsSmallLinear(const at::Tensor& x, const at::Tensor& weight) {
  return weight.numel() <= kMostWeights && x.is_cpu() &&
         x.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat &&
         kernel::HasSmallGemm();
}

at::Tensor SmallLinear(const at::Tensor& x, const at::Tensor& weight,
                       const at::Tensor& h) {
  std::vector<int64_t> sizes = x.sizes().vec();
  sizes.back() = weight.size(0);
  std::optional<at::Tensor> h_MN;
  if (h.defined()) h_MN = h.reshape({-1, h.size(-1)}).contiguous();
  return SmallLinearFunction::apply(x.reshape({-1, x.size(-1)}).contiguous(),
                                    weight.contiguous(), h_MN)
      .view(sizes);
}

}  // namespace mdrl
