#include "services/learner/algorithm/justgrpo.h"

#include <utility>

#include "ATen/TensorOperators.h"
#include "common/base/status_macros.h"
#include "services/learner/algorithm/likelihood.h"
#include "services/learner/algorithm/ratio.h"
#include "services/learner/algorithm/statistics.h"

namespace mdrl {

Needs JustGrpo::needs() const { return {.old = true, .separable = true}; }

LossAndMetrics JustGrpo::Loss(const LossInputs& in) const {
  const at::Tensor advantage_B11 = in.advantage_B.reshape({-1, 1, 1});
  const at::Tensor ratio_BSL = (in.logp_BSL - OldLogp(in)).exp();
  const at::Tensor objective_BSL =
      Clipped(ratio_BSL, advantage_B11, options_.clip, options_.clip);
  const at::Tensor rows = in.advantage_B.ne(0).sum() + 1e-5;
  const double canvas = static_cast<double>(in.logp_BSL.size(2));
  const at::Tensor loss = -AtScored(in, objective_BSL).sum() / (canvas * rows);

  Metrics metrics = {{"log_pi", MeanOverRead(in, SumLogp(in))}};
  AddRatio(in, ratio_BSL, advantage_B11, options_.clip, metrics);
  return {loss, metrics};
}

AlgorithmOr MakeJustGrpo(const AlgorithmSettings& settings) {
  const AlgorithmSettings::JustGrpo& options = settings.justgrpo;
  MDRL_RETURN_IF_ERROR(
      RequireNotNegative(options.clip, "algorithm.justgrpo.clip"));
  MDRL_ASSIGN_OR_RETURN(const AdvantageFn advantage,
                        AdvantageOf(settings, "mean_std"));
  MDRL_ASSIGN_OR_RETURN(
      std::unique_ptr<CorruptionLaw> law,
      LawOf(settings,
            {.kinds = {"left_to_right"}, .samples = 1, .mask_prompt = 0.0}));
  return std::make_unique<JustGrpo>(options, advantage, std::move(law));
}

}  // namespace mdrl
