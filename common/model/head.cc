#include "common/model/head.h"

#include <algorithm>

#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
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

at::Tensor LogSoftmaxOfHead(const at::Tensor& hidden_RD,
                            const at::Tensor& head_VD) {
  return at::log_softmax(at::linear(hidden_RD, head_VD).to(WideType(hidden_RD)),
                         -1);
}

// log p(target) of rows [R, D]. What a chunk computed is thrown away and made
// again in backward: R x V floats never exist at once.
class ChunkedLogp : public torch::autograd::Function<ChunkedLogp> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& hidden_RD,
                            const at::Tensor& head_VD,
                            const at::Tensor& target_R, int64_t chunk_rows) {
    context->save_for_backward({hidden_RD, head_VD, target_R});
    context->saved_data["chunk_rows"] = chunk_rows;
    const int64_t rows = hidden_RD.size(0);
    at::Tensor logp_R =
        at::empty({rows}, hidden_RD.options().dtype(WideType(hidden_RD)));
    for (int64_t at = 0; at < rows; at += chunk_rows) {
      const int64_t end = std::min(rows, at + chunk_rows);
      logp_R.slice(0, at, end)
          .copy_(LogSoftmaxOfHead(hidden_RD.slice(0, at, end), head_VD)
                     .gather(-1, target_R.slice(0, at, end).unsqueeze(-1))
                     .squeeze(-1));
    }
    return logp_R;
  }

  // d log p(y) / d logits = onehot(y) - softmax(logits).
  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &hidden_RD = saved[0], &head_VD = saved[1];
    const int64_t chunk_rows = context->saved_data["chunk_rows"].toInt();
    const bool wants_hidden = context->needs_input_grad(0);
    const bool wants_head = context->needs_input_grad(1);
    at::Tensor d_hidden, d_head;
    if (wants_hidden) d_hidden = at::zeros_like(hidden_RD);
    if (wants_head) d_head = at::zeros_like(head_VD);
    const int64_t rows = hidden_RD.size(0);
    for (int64_t at = 0; at < rows; at += chunk_rows) {
      const int64_t end = std::min(rows, at + chunk_rows);
      const at::Tensor hidden = hidden_RD.slice(0, at, end);
      const at::Tensor g = gradients[0].slice(0, at, end).unsqueeze(-1);
      const at::Tensor target = saved[2].slice(0, at, end).unsqueeze(-1);
      at::Tensor d = LogSoftmaxOfHead(hidden, head_VD).exp_().mul_(-g);
      d.scatter_add_(-1, target, g);
      d = d.to(hidden.scalar_type());
      if (wants_hidden) d_hidden.slice(0, at, end).copy_(at::mm(d, head_VD));
      if (wants_head) d_head.addmm_(d.t(), hidden);
    }
    return {d_hidden, d_head, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor TargetLogp(const Transformer& model, const at::Tensor& hidden_BLD,
                      const at::Tensor& target_BL, const at::Tensor& scored_BL,
                      int64_t logits_per_chunk) {
  const at::Tensor& head_VD = model.head();
  MDRL_CHECK(logits_per_chunk > 0);
  const int64_t chunk_rows =
      std::max<int64_t>(1, logits_per_chunk / head_VD.size(0));
  const at::Tensor index_R = scored_BL.flatten().nonzero().squeeze(-1);
  const at::Tensor hidden_RD =
      hidden_BLD.flatten(0, 1).index_select(0, index_R);
  const at::Tensor logp_R = ChunkedLogp::apply(
      hidden_RD, head_VD, target_BL.flatten().index_select(0, index_R),
      chunk_rows);
  return at::zeros({target_BL.numel()}, logp_R.options())
      .index_copy(0, index_R, logp_R)
      .view_as(target_BL);
}

at::Tensor TargetLogpReference(const Transformer& model,
                               const at::Tensor& hidden_BLD,
                               const at::Tensor& target_BL,
                               const at::Tensor& scored_BL) {
  const at::Tensor logp_BL = LogSoftmaxOfHead(hidden_BLD, model.head())
                                 .gather(-1, target_BL.unsqueeze(-1))
                                 .squeeze(-1);
  return logp_BL.masked_fill(scored_BL.logical_not(), 0.0);
}

at::Tensor Logits(const Transformer& model, const at::Tensor& hidden_RD) {
  return RowwiseLinear(hidden_RD, model.head()).to(WideType(hidden_RD));
}

}  // namespace mdrl
