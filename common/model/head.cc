#include "common/model/head.h"

#include <algorithm>
#include <optional>

#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/dot.h"
#include "ATen/ops/empty.h"
#include "ATen/ops/linear.h"
#include "ATen/ops/log_softmax.h"
#include "ATen/ops/mm.h"
#include "ATen/ops/zeros.h"
#include "ATen/ops/zeros_like.h"
#include "common/base/log.h"
#include "common/kernel/linear.h"
#include "torch/csrc/autograd/custom_function.h"

namespace mdrl {
namespace {

at::ScalarType WideType(const at::Tensor& x) {
  return x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

// In the log-softmax's type.
at::Tensor HeadLogits(const Linear& head, const at::Tensor& hidden_RD) {
  at::Tensor logits = head.weight.scalar_type() == hidden_RD.scalar_type()
                          ? at::linear(hidden_RD, head.weight)
                          : RowwiseLinear(hidden_RD, head.weight);
  if (head.adapted()) {
    logits =
        logits + head.scale * at::linear(at::linear(hidden_RD, head.lora_a),
                                         head.lora_b);
  }
  return logits.to(WideType(hidden_RD));
}

// log p(target) of rows [R, D]. What a chunk computed is thrown away and made
// again in backward: R x V floats never exist at once.
class ChunkedLogp : public torch::autograd::Function<ChunkedLogp> {
 public:
  // A head without an adapter has no lora_a and lora_b.
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& hidden_RD,
                            const at::Tensor& head_VD,
                            const std::optional<at::Tensor>& lora_a,
                            const std::optional<at::Tensor>& lora_b,
                            double scale, const at::Tensor& target_R,
                            int64_t chunk_rows, at::Tensor* entropy_sum) {
    const Linear head = {head_VD, lora_a.value_or(at::Tensor()),
                         lora_b.value_or(at::Tensor()), scale};
    context->save_for_backward(
        {hidden_RD, head_VD, head.lora_a, head.lora_b, target_R});
    context->saved_data["scale"] = scale;
    context->saved_data["chunk_rows"] = chunk_rows;
    const int64_t rows = hidden_RD.size(0);
    at::Tensor logp_R =
        at::empty({rows}, hidden_RD.options().dtype(WideType(hidden_RD)));
    if (entropy_sum != nullptr) *entropy_sum = at::zeros({}, logp_R.options());
    for (int64_t at = 0; at < rows; at += chunk_rows) {
      const int64_t end = std::min(rows, at + chunk_rows);
      const at::Tensor logp_RV =
          at::log_softmax(HeadLogits(head, hidden_RD.slice(0, at, end)), -1);
      logp_R.slice(0, at, end)
          .copy_(logp_RV.gather(-1, target_R.slice(0, at, end).unsqueeze(-1))
                     .squeeze(-1));
      if (entropy_sum != nullptr) {
        entropy_sum->sub_(at::dot(logp_RV.exp().flatten(), logp_RV.flatten()));
      }
    }
    return logp_R;
  }

  // d log p(y) / d logits = onehot(y) - softmax(logits); then through
  // logits = h W^T + scale (h A^T) B^T.
  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const Linear head = {saved[1], saved[2], saved[3],
                         context->saved_data["scale"].toDouble()};
    const at::Tensor &hidden_RD = saved[0], &target_R = saved[4];
    const int64_t chunk_rows = context->saved_data["chunk_rows"].toInt();
    at::Tensor d_hidden, d_head, d_a, d_b;
    if (context->needs_input_grad(0)) d_hidden = at::zeros_like(hidden_RD);
    if (context->needs_input_grad(1)) d_head = at::zeros_like(head.weight);
    // Torch counts only the tensors that are there.
    if (head.adapted() && context->needs_input_grad(2)) {
      d_a = at::zeros_like(head.lora_a);
    }
    if (head.adapted() && context->needs_input_grad(3)) {
      d_b = at::zeros_like(head.lora_b);
    }
    const int64_t rows = hidden_RD.size(0);
    for (int64_t at = 0; at < rows; at += chunk_rows) {
      const int64_t end = std::min(rows, at + chunk_rows);
      const at::Tensor hidden = hidden_RD.slice(0, at, end);
      const at::Tensor g = gradients[0].slice(0, at, end).unsqueeze(-1);
      at::Tensor d =
          at::log_softmax(HeadLogits(head, hidden), -1).exp_().mul_(-g);
      d.scatter_add_(-1, target_R.slice(0, at, end).unsqueeze(-1), g);
      d = d.to(hidden.scalar_type());
      at::Tensor d_low;  // of h A^T
      if (head.adapted()) d_low = at::mm(d, head.lora_b) * head.scale;
      if (d_hidden.defined()) {
        at::Tensor part = BackThroughWeight(d, head.weight);
        if (head.adapted()) part = part + at::mm(d_low, head.lora_a);
        d_hidden.slice(0, at, end).copy_(part);
      }
      if (d_head.defined()) d_head.addmm_(d.t(), hidden);
      if (d_a.defined()) d_a.addmm_(d_low.t(), hidden);
      if (d_b.defined()) {
        d_b.add_(at::mm(d.t(), at::linear(hidden, head.lora_a)), head.scale);
      }
    }
    return {d_hidden,     d_head,       d_a,          d_b,
            at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
  }

 private:
  // d W, with W widened a part at a time where it is stored narrower.
  static at::Tensor BackThroughWeight(const at::Tensor& d_RV,
                                      const at::Tensor& head_VD) {
    if (head_VD.scalar_type() == d_RV.scalar_type()) {
      return at::mm(d_RV, head_VD);
    }
    constexpr int64_t kPart = 4096;
    at::Tensor sum = at::zeros({d_RV.size(0), head_VD.size(1)}, d_RV.options());
    for (int64_t at = 0; at < head_VD.size(0); at += kPart) {
      const int64_t end = std::min(head_VD.size(0), at + kPart);
      sum.addmm_(d_RV.slice(1, at, end),
                 head_VD.slice(0, at, end).to(d_RV.scalar_type()));
    }
    return sum;
  }
};

}  // namespace

at::Tensor TargetLogp(const Transformer& model, const at::Tensor& hidden_BLD,
                      const at::Tensor& target_BL, const at::Tensor& scored_BL,
                      int64_t logits_per_chunk, at::Tensor* entropy_sum) {
  const Linear& head = model.head();
  MDRL_CHECK(logits_per_chunk > 0);
  const int64_t chunk_rows =
      std::max<int64_t>(1, logits_per_chunk / head.weight.size(0));
  const at::Tensor index_R = scored_BL.flatten().nonzero().squeeze(-1);
  const at::Tensor hidden_RD =
      hidden_BLD.flatten(0, 1).index_select(0, index_R);
  std::optional<at::Tensor> lora_a, lora_b;
  if (head.adapted()) {
    lora_a = head.lora_a;
    lora_b = head.lora_b;
  }
  const at::Tensor logp_R = ChunkedLogp::apply(
      hidden_RD, head.weight, lora_a, lora_b, head.scale,
      target_BL.flatten().index_select(0, index_R), chunk_rows, entropy_sum);
  return at::zeros({target_BL.numel()}, logp_R.options())
      .index_copy(0, index_R, logp_R)
      .view_as(target_BL);
}

at::Tensor TargetLogpReference(const Transformer& model,
                               const at::Tensor& hidden_BLD,
                               const at::Tensor& target_BL,
                               const at::Tensor& scored_BL) {
  const at::Tensor logits_BLV =
      ApplyReference(model.head(), hidden_BLD).to(WideType(hidden_BLD));
  const at::Tensor logp_BL = at::log_softmax(logits_BLV, -1)
                                 .gather(-1, target_BL.unsqueeze(-1))
                                 .squeeze(-1);
  return logp_BL.masked_fill(scored_BL.logical_not(), 0.0);
}

at::Tensor Logits(const Transformer& model, const at::Tensor& hidden_RD) {
  return Apply(model.head(), hidden_RD).to(WideType(hidden_RD));
}

}  // namespace mdrl
