#include "services/learner/update/teacher_readout.h"

#include <algorithm>
#include <vector>

#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/cat.h"
#include "ATen/ops/log_softmax.h"
#include "ATen/ops/softmax.h"
#include "ATen/ops/zeros.h"

namespace mdrl {
namespace {

struct Numbers {
  at::Tensor logp_R;
  at::Tensor teacher_ce_R;
};

// Of scored rows [R, D] that fit a chunk.
Numbers NumbersOf(const Transformer& model, const at::Tensor& hidden_RD,
                  const Transformer& teacher,
                  const at::Tensor& teacher_hidden_RD,
                  const at::Tensor& target_R) {
  at::Tensor teacher_RV;
  {
    const at::NoGradGuard no_grad;
    teacher_RV = at::softmax(Logits(teacher, teacher_hidden_RD), -1);
  }
  const at::Tensor logp_RV = at::log_softmax(Logits(model, hidden_RD), -1);
  return {logp_RV.gather(-1, target_R.unsqueeze(-1)).squeeze(-1),
          -(teacher_RV * logp_RV).sum(-1)};
}

int64_t ChunkRows(const Transformer& model, int64_t logits_per_chunk) {
  return std::max<int64_t>(1, logits_per_chunk / model.config().vocab);
}

at::Tensor ScoredRows(const MicroBatch& batch) {
  return batch.scored_RL.flatten().nonzero().squeeze(-1);
}

}  // namespace

at::Tensor CanvasHidden(const Transformer& model, const MicroBatch& batch) {
  return model.Hidden(batch.ids_RT, batch.prompt_tokens, batch.ids_RT.size(1));
}

TeacherReadout ReadWithTeacher(const Transformer& model,
                               const at::Tensor& hidden_RLD,
                               const Transformer& teacher,
                               const at::Tensor& teacher_hidden_RLD,
                               const MicroBatch& batch,
                               int64_t logits_per_chunk) {
  const at::Tensor rows = ScoredRows(batch);
  const at::Tensor hidden_RD = hidden_RLD.flatten(0, 1).index_select(0, rows);
  const at::Tensor teacher_RD =
      teacher_hidden_RLD.flatten(0, 1).index_select(0, rows);
  const at::Tensor target_R = batch.target_RL.flatten().index_select(0, rows);
  const int64_t chunk = ChunkRows(model, logits_per_chunk);
  std::vector<at::Tensor> logp, teacher_ce;
  for (int64_t at = 0; at < rows.size(0); at += chunk) {
    const int64_t end = std::min(rows.size(0), at + chunk);
    Numbers numbers =
        NumbersOf(model, hidden_RD.slice(0, at, end), teacher,
                  teacher_RD.slice(0, at, end), target_R.slice(0, at, end));
    logp.push_back(numbers.logp_R);
    teacher_ce.push_back(numbers.teacher_ce_R);
  }
  const auto spread = [&](const std::vector<at::Tensor>& chunks) {
    const at::Tensor none_RL = at::zeros(
        {batch.target_RL.numel()},
        hidden_RLD.options().dtype(hidden_RLD.scalar_type() == at::kDouble
                                       ? at::kDouble
                                       : at::kFloat));
    if (chunks.empty()) return none_RL.view_as(batch.target_RL);
    return none_RL.index_copy(0, rows, at::cat(chunks))
        .view_as(batch.target_RL);
  };
  return {spread(logp), spread(teacher_ce)};
}

void BackwardWithTeacher(const Transformer& model, const at::Tensor& hidden_RLD,
                         const Transformer& teacher,
                         const at::Tensor& teacher_hidden_RLD,
                         const MicroBatch& batch, const at::Tensor& weight_RL,
                         const at::Tensor& teacher_weight_RL,
                         int64_t logits_per_chunk) {
  const at::Tensor rows = ScoredRows(batch);
  if (rows.size(0) == 0) return;
  // A leaf in between: the chunks' gradients add up in it, and the transformer
  // is walked back once.
  at::Tensor leaf_RLD = hidden_RLD.detach();
  leaf_RLD.set_requires_grad(true);
  const at::Tensor teacher_RD =
      teacher_hidden_RLD.flatten(0, 1).index_select(0, rows);
  const auto of_rows = [&rows](const at::Tensor& x_RL) {
    return x_RL.flatten().index_select(0, rows);
  };
  const at::Tensor target_R = of_rows(batch.target_RL);
  const at::Tensor weight_R = of_rows(weight_RL);
  const at::Tensor teacher_weight_R = of_rows(teacher_weight_RL);
  const int64_t chunk = ChunkRows(model, logits_per_chunk);
  for (int64_t at = 0; at < rows.size(0); at += chunk) {
    const int64_t end = std::min(rows.size(0), at + chunk);
    const Numbers numbers = NumbersOf(
        model, leaf_RLD.flatten(0, 1).index_select(0, rows.slice(0, at, end)),
        teacher, teacher_RD.slice(0, at, end), target_R.slice(0, at, end));
    (weight_R.slice(0, at, end) * numbers.logp_R +
     teacher_weight_R.slice(0, at, end) * numbers.teacher_ce_R)
        .sum()
        .backward();
  }
  if (hidden_RLD.requires_grad()) hidden_RLD.backward(leaf_RLD.grad());
}

}  // namespace mdrl
