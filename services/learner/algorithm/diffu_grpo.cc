#include "services/learner/algorithm/diffu_grpo.h"

#include <utility>

#include "ATen/TensorOperators.h"
#include "common/base/status_macros.h"
#include "services/learner/algorithm/likelihood.h"
#include "services/learner/algorithm/statistics.h"
#include "services/learner/algorithm/token_loss.h"

namespace mdrl {

Needs DiffuGrpo::needs() const {
  return {.old = true,
          .reference = options_.kl_beta > 0.0,
          .separable = true,
          .rows = options_.kl_beta > 0.0 ? Needs::Rows::kAll
                                         : Needs::Rows::kWithAdvantage};
}

LossAndMetrics DiffuGrpo::Loss(const LossInputs& in) const {
  const at::Tensor advantage_B11 = in.advantage_B.reshape({-1, 1, 1});
  const at::Tensor ratio_BSL = (in.logp_BSL - OldLogp(in)).exp();
  const at::Tensor token_BSL =
      TokenLoss(in, ratio_BSL, advantage_B11, options_.clip, options_.kl_beta);
  const at::Tensor tokens =
      in.length_B.sum() * static_cast<double>(in.logp_BSL.size(1));
  const at::Tensor loss = AtScored(in, token_BSL).sum() / tokens;

  Metrics metrics = ElboMetrics(in);
  AddRatio(in, ratio_BSL, advantage_B11, options_.clip, metrics);
  return {loss, metrics};
}

AlgorithmOr MakeDiffuGrpo(const AlgorithmSettings& settings) {
  const AlgorithmSettings::DiffuGrpo& options = settings.diffu_grpo;
  MDRL_RETURN_IF_ERROR(
      RequireNotNegative(options.clip, "algorithm.diffu_grpo.clip"));
  MDRL_RETURN_IF_ERROR(
      RequireNotNegative(options.kl_beta, "algorithm.diffu_grpo.kl_beta"));
  MDRL_ASSIGN_OR_RETURN(const AdvantageFn advantage,
                        AdvantageOf(settings, "mean"));
  MDRL_ASSIGN_OR_RETURN(
      std::unique_ptr<CorruptionLaw> law,
      LawOf(settings, {.kinds = {"all"}, .samples = 1, .mask_prompt = 0.15}));
  return std::make_unique<DiffuGrpo>(options, advantage, std::move(law));
}

}  // namespace mdrl
