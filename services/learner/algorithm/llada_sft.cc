#include "services/learner/algorithm/llada_sft.h"

#include "ATen/TensorOperators.h"
#include "ATen/ops/where.h"
#include "ATen/ops/zeros_like.h"

namespace mdrl {

at::Tensor LladaSftLoss(const LossInputs& in) {
  const at::Tensor scored_logp_BSL =
      at::where(in.scored_BSL, in.logp_BSL, at::zeros_like(in.logp_BSL));
  const at::Tensor row_B =
      (in.weight_BS * scored_logp_BSL.sum(2)).sum(1) / in.length_B;
  return -row_B.mean();
}

}  // namespace mdrl
