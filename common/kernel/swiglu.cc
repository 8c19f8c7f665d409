#include "common/kernel/swiglu.h"

#include <vector>

#include "ATen/ops/empty.h"
#include "ATen/ops/empty_like.h"
#include "common/kernel/parallel_for.h"
#include "common/kernel/vec16.h"
#include "torch/csrc/autograd/custom_function.h"

namespace mdrl {
namespace {

using kernel::Exp;
using kernel::kLanes;
using kernel::LoadSome;
using kernel::StoreSome;
using kernel::Vec;

constexpr int64_t kRowsPerTask = 32;

MDRL_KERNEL_CLONES
void ForwardRows(const float* gate_up, int64_t rows, int64_t m, float* out) {
  for (int64_t row = 0; row < rows; ++row, gate_up += 2 * m, out += m) {
    for (int64_t c = 0; c < m; c += kLanes) {
      const Vec gate = LoadSome(gate_up + c, m - c);
      const Vec up = LoadSome(gate_up + m + c, m - c);
      StoreSome(out + c, gate / (1.0f + Exp(-gate)) * up, m - c);
    }
  }
}

// d silu(g) / dg = sigmoid(g) (1 + g (1 - sigmoid(g))).
MDRL_KERNEL_CLONES
void BackwardRows(const float* gate_up, const float* dout, int64_t rows,
                  int64_t m, float* d_gate_up) {
  for (int64_t row = 0; row < rows;
       ++row, gate_up += 2 * m, d_gate_up += 2 * m, dout += m) {
    for (int64_t c = 0; c < m; c += kLanes) {
      const Vec gate = LoadSome(gate_up + c, m - c);
      const Vec up = LoadSome(gate_up + m + c, m - c);
      const Vec d = LoadSome(dout + c, m - c);
      const Vec sigmoid = 1.0f / (1.0f + Exp(-gate));
      StoreSome(d_gate_up + c,
                d * up * sigmoid * (1.0f + gate * (1.0f - sigmoid)), m - c);
      StoreSome(d_gate_up + m + c, d * gate * sigmoid, m - c);
    }
  }
}

class SwiGluFunction : public torch::autograd::Function<SwiGluFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& gate_up_in) {
    const at::Tensor gate_up = gate_up_in.contiguous();
    context->save_for_backward({gate_up});
    const int64_t m = gate_up.size(-1) / 2, rows = gate_up.numel() / (2 * m);
    std::vector<int64_t> sizes = gate_up.sizes().vec();
    sizes.back() = m;
    at::Tensor out = at::empty(sizes, gate_up.options());
    const float* from = gate_up.const_data_ptr<float>();
    float* to = out.mutable_data_ptr<float>();
    ParallelFor(rows, kRowsPerTask, [&](int64_t begin, int64_t end) {
      ForwardRows(from + begin * 2 * m, end - begin, m, to + begin * m);
    });
    return out;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      torch::autograd::variable_list gradients) {
    const at::Tensor gate_up = context->get_saved_variables()[0];
    const at::Tensor dout = gradients[0].contiguous();
    const int64_t m = dout.size(-1), rows = dout.numel() / m;
    at::Tensor d_gate_up = at::empty_like(gate_up);
    const float* from = gate_up.const_data_ptr<float>();
    const float* d = dout.const_data_ptr<float>();
    float* to = d_gate_up.mutable_data_ptr<float>();
    ParallelFor(rows, kRowsPerTask, [&](int64_t begin, int64_t end) {
      BackwardRows(from + begin * 2 * m, d + begin * m, end - begin, m,
                   to + begin * 2 * m);
    });
    return {d_gate_up};
  }
};

}  // namespace

at::Tensor FusedSwiGlu(const at::Tensor& gate_up) {
  return SwiGluFunction::apply(gate_up);
}

}  // namespace mdrl
