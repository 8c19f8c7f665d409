#include "services/learner/algorithm/unigrpo.h"

#include <utility>

#include "ATen/TensorOperators.h"
#include "common/base/status_macros.h"
#include "services/learner/algorithm/likelihood.h"
#include "services/learner/algorithm/statistics.h"
#include "services/learner/algorithm/token_loss.h"

namespace mdrl {

Needs UniGrpo::needs() const {
  return {.old = true,
          .reference = options_.kl_beta > 0.0,
          .separable = true,
          .rows = options_.kl_beta > 0.0 ? Needs::Rows::kAll
                                         : Needs::Rows::kWithAdvantage};
}

LossAndMetrics UniGrpo::Loss(const LossInputs& in) const {
  const at::Tensor advantage_B11 = in.advantage_B.reshape({-1, 1, 1});
  const at::Tensor ratio_BSL = (in.logp_BSL - OldLogp(in)).exp();
  const at::Tensor token_BSL =
      TokenLoss(in, ratio_BSL, advantage_B11, options_.clip, options_.kl_beta);
  const at::Tensor row_BS =
      AtScored(in, token_BSL).sum(2) / ScoredCount(in).clamp_min(1);

  Metrics metrics = ElboMetrics(in);
  AddRatio(in, ratio_BSL, advantage_B11, options_.clip, metrics);
  return {row_BS.mean(), metrics};
}

AlgorithmOr MakeUniGrpo(const AlgorithmSettings& settings) {
  const AlgorithmSettings::UniGrpo& options = settings.unigrpo;
  MDRL_RETURN_IF_ERROR(
      RequireNotNegative(options.clip, "algorithm.unigrpo.clip"));
  MDRL_RETURN_IF_ERROR(
      RequireNotNegative(options.kl_beta, "algorithm.unigrpo.kl_beta"));
  MDRL_ASSIGN_OR_RETURN(const AdvantageFn advantage,
                        AdvantageOf(settings, "mean_std"));
  MDRL_ASSIGN_OR_RETURN(
      CorruptionSettings corruption,
      Resolve(settings, {.kinds = {"random", "block_random", "block_all"},
                         .samples = 1}));
  if (options.sweep) corruption.count = CountLaw::kSwept;
  MDRL_ASSIGN_OR_RETURN(std::unique_ptr<CorruptionLaw> law,
                        MakeCorruptionLaw(corruption));
  return std::make_unique<UniGrpo>(options, advantage, std::move(law));
}

}  // namespace mdrl
