#include "services/learner/algorithm/bgpo.h"

#include <utility>

#include "ATen/TensorOperators.h"
#include "ATen/ops/full_like.h"
#include "ATen/ops/where.h"
#include "ATen/ops/zeros_like.h"
#include "common/base/status_macros.h"
#include "services/learner/algorithm/likelihood.h"
#include "services/learner/algorithm/ratio.h"
#include "services/learner/algorithm/statistics.h"

namespace mdrl {

Needs Bgpo::needs() const { return {.old = true, .separable = true}; }

LossAndMetrics Bgpo::Loss(const LossInputs& in) const {
  const at::Tensor divisor_B1 =
      options_.divisor > 0.0 ? at::full_like(in.length_B, options_.divisor)
                             : in.length_B;
  const at::Tensor d_BS =
      (WeightedSums(in, in.logp_BSL) - WeightedSums(in, OldLogp(in))) /
      divisor_B1.unsqueeze(1);
  const at::Tensor advantage_B1 = in.advantage_B.unsqueeze(1);
  const at::Tensor good_B1 = advantage_B1 >= 0;
  // The exponential sees its own rows only: elsewhere it might overflow, and
  // 0 times infinity is no gradient.
  const at::Tensor ratio_BS =
      at::where(good_B1, 1.0 + d_BS,
                at::where(good_B1, at::zeros_like(d_BS), d_BS).exp());
  const at::Tensor g_BS =
      options_.clip.has_value()
          ? Clipped(ratio_BS, advantage_B1, *options_.clip, *options_.clip)
          : ratio_BS * advantage_B1;
  const at::Tensor loss = -g_BS.mean(1).mean();

  Metrics metrics = ElboMetrics(in);
  metrics.emplace_back("ratio", MeanOverRead(in, ratio_BS.mean(1)));
  if (options_.clip.has_value()) {
    const at::Tensor clipped_BS =
        IsClipped(ratio_BS, advantage_B1, *options_.clip, *options_.clip);
    metrics.emplace_back(
        "clip_share",
        MeanOverRead(in, clipped_BS.to(in.logp_BSL.scalar_type()).mean(1)));
  }
  return {loss, metrics};
}

AlgorithmOr MakeBgpo(const AlgorithmSettings& settings) {
  const AlgorithmSettings::Bgpo& options = settings.bgpo;
  MDRL_RETURN_IF_ERROR(
      RequireNotNegative(options.divisor, "algorithm.bgpo.divisor"));
  MDRL_RETURN_IF_ERROR(
      RequireNotNegative(options.clip.value_or(0.0), "algorithm.bgpo.clip"));
  MDRL_ASSIGN_OR_RETURN(const AdvantageFn advantage,
                        AdvantageOf(settings, "mean_std"));
  MDRL_ASSIGN_OR_RETURN(
      CorruptionSettings corruption,
      Resolve(settings, {.kinds = {"random"}, .samples = 16}));
  corruption.count = CountLaw::kStratified;
  MDRL_ASSIGN_OR_RETURN(std::unique_ptr<CorruptionLaw> law,
                        MakeCorruptionLaw(corruption));
  return std::make_unique<Bgpo>(options, advantage, std::move(law));
}

}  // namespace mdrl
