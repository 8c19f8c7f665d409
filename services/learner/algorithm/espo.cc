#include "services/learner/algorithm/espo.h"

#include <utility>

#include "ATen/TensorOperators.h"
#include "common/base/status_macros.h"
#include "services/learner/algorithm/likelihood.h"
#include "services/learner/algorithm/ratio.h"
#include "services/learner/algorithm/statistics.h"

namespace mdrl {

Needs Espo::needs() const {
  return {.old = true,
          .reference = options_.kl_beta > 0.0,
          .rows = options_.kl_beta > 0.0 ? Needs::Rows::kAll
                                         : Needs::Rows::kWithAdvantage};
}

LossAndMetrics Espo::Loss(const LossInputs& in) const {
  const double canvas = static_cast<double>(in.logp_BSL.size(2));
  const at::Tensor elbo_B = WeightedElbo(in, in.logp_BSL);
  const at::Tensor ratio_B =
      ((elbo_B - WeightedElbo(in, OldLogp(in))) / canvas).exp();
  at::Tensor loss =
      -Clipped(ratio_B, in.advantage_B, options_.clip_low, options_.clip_high)
           .mean();
  if (options_.kl_beta > 0.0) {
    const at::Tensor d_B = WeightedElbo(in, *in.ref_logp_BSL) - elbo_B;
    loss = loss + options_.kl_beta / canvas * K2(d_B).mean();
  }

  Metrics metrics = {{"elbo", MeanOverRead(in, elbo_B / canvas)},
                     {"mc_stddev", McStddev(in)},
                     {"ratio", MeanOverRead(in, ratio_B)}};
  metrics.emplace_back(
      "clip_share",
      MeanOverRead(in, IsClipped(ratio_B, in.advantage_B, options_.clip_low,
                                 options_.clip_high)
                           .to(in.logp_BSL.scalar_type())));
  return {loss, metrics};
}

AlgorithmOr MakeEspo(const AlgorithmSettings& settings) {
  const AlgorithmSettings::Espo& options = settings.espo;
  MDRL_RETURN_IF_ERROR(
      RequireNotNegative(options.clip_low, "algorithm.espo.clip_low"));
  MDRL_RETURN_IF_ERROR(
      RequireNotNegative(options.clip_high, "algorithm.espo.clip_high"));
  MDRL_RETURN_IF_ERROR(
      RequireNotNegative(options.kl_beta, "algorithm.espo.kl_beta"));
  MDRL_ASSIGN_OR_RETURN(const AdvantageFn advantage,
                        AdvantageOf(settings, "leave_one_out"));
  MDRL_ASSIGN_OR_RETURN(
      std::unique_ptr<CorruptionLaw> law,
      LawOf(settings,
            {.kinds = {"coupled"}, .samples = 2, .mask_prompt = 0.0}));
  return std::make_unique<Espo>(options, advantage, std::move(law));
}

}  // namespace mdrl
