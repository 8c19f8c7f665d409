#include "services/learner/algorithm/rspo.h"

#include <utility>

#include "ATen/TensorOperators.h"
#include "common/base/status_macros.h"
#include "services/learner/algorithm/likelihood.h"
#include "services/learner/algorithm/statistics.h"

namespace mdrl {

Needs Rspo::needs() const {
  return {.reference = true, .rows = Needs::Rows::kAll};
}

LossAndMetrics Rspo::Loss(const LossInputs& in) const {
  const at::Tensor d_B =
      MaskedMeanElbo(in) - MaskedMeanElbo(in, *in.ref_logp_BSL);
  at::Tensor mean_B = d_B.detach().mean().expand_as(d_B);
  if (options_.centre_per_group) {
    const at::Tensor same_BB =
        in.group_B.unsqueeze(1).eq(in.group_B).to(d_B.scalar_type());
    mean_B = same_BB.mv(d_B.detach()) / same_BB.sum(1);
  }
  const at::Tensor centred_B = d_B - mean_B;
  const at::Tensor residual_B =
      (in.advantage_B - options_.lambda * centred_B).detach();
  const at::Tensor loss = -(residual_B * centred_B).mean();

  Metrics metrics = ElboMetrics(in);
  metrics.emplace_back("score_difference", d_B.detach().mean());
  metrics.emplace_back("residual_abs", residual_B.abs().mean());
  return {loss, metrics};
}

AlgorithmOr MakeRspo(const AlgorithmSettings& settings) {
  const AlgorithmSettings::Rspo& options = settings.rspo;
  MDRL_RETURN_IF_ERROR(
      RequireNotNegative(options.lambda, "algorithm.rspo.lambda"));
  MDRL_ASSIGN_OR_RETURN(const AdvantageFn advantage,
                        AdvantageOf(settings, "mean"));
  MDRL_ASSIGN_OR_RETURN(
      std::unique_ptr<CorruptionLaw> law,
      LawOf(settings, {.kinds = {"random", "block_random", "block_all"},
                       .samples = 1,
                       .mask_prompt = 0.0}));
  return std::make_unique<Rspo>(options, advantage, std::move(law));
}

}  // namespace mdrl
