#include "services/learner/algorithm/tracerl.h"

#include <utility>

#include "ATen/TensorOperators.h"
#include "common/base/status_macros.h"
#include "services/learner/algorithm/likelihood.h"
#include "services/learner/algorithm/ratio.h"
#include "services/learner/algorithm/statistics.h"

namespace mdrl {

Needs TraceRl::needs() const {
  // Every row's samples count in the mean.
  return {.old = true,
          .reveals = true,
          .separable = true,
          .rows = Needs::Rows::kAll};
}

LossAndMetrics TraceRl::Loss(const LossInputs& in) const {
  const at::Tensor advantage_B11 = in.advantage_B.reshape({-1, 1, 1});
  const at::Tensor old_BSL = OldLogp(in);
  const at::Tensor ratio_BSL = (in.logp_BSL - old_BSL).exp();
  const at::Tensor count_BS = ScoredCount(in);
  at::Tensor sample_BS = -AtScored(in, Clipped(ratio_BSL, advantage_B11,
                                               options_.clip, options_.clip))
                              .sum(2) /
                         count_BS.clamp_min(1);
  if (options_.kl_beta > 0.0) {
    sample_BS = sample_BS + options_.kl_beta *
                                AtScored(in, K3(old_BSL - in.logp_BSL)).sum(2);
  }
  const at::Tensor loss = sample_BS.sum() / (count_BS > 0).sum().clamp_min(1);

  Metrics metrics = ElboMetrics(in);
  AddRatio(in, ratio_BSL, advantage_B11, options_.clip, metrics);
  return {loss, metrics};
}

AlgorithmOr MakeTraceRl(const AlgorithmSettings& settings) {
  const AlgorithmSettings::TraceRl& options = settings.tracerl;
  MDRL_RETURN_IF_ERROR(
      RequireNotNegative(options.clip, "algorithm.tracerl.clip"));
  MDRL_RETURN_IF_ERROR(
      RequireNotNegative(options.kl_beta, "algorithm.tracerl.kl_beta"));
  MDRL_ASSIGN_OR_RETURN(const AdvantageFn advantage,
                        AdvantageOf(settings, "mean_population_std"));
  MDRL_ASSIGN_OR_RETURN(CorruptionSettings corruption,
                        Resolve(settings, {.kinds = {"decode_states"}}));
  corruption.merge = options.merge;
  corruption.eos_scored = options.eos_scored;
  MDRL_ASSIGN_OR_RETURN(std::unique_ptr<CorruptionLaw> law,
                        MakeCorruptionLaw(corruption));
  return std::make_unique<TraceRl>(options, advantage, std::move(law));
}

}  // namespace mdrl
