#include "services/learner/algorithm/dtm.h"

#include <utility>

#include "ATen/TensorOperators.h"
#include "common/base/status_macros.h"
#include "services/learner/algorithm/likelihood.h"
#include "services/learner/algorithm/statistics.h"

namespace mdrl {

Needs Dtm::needs() const {
  return {.teacher = true,
          .separable = true,
          .rows = Needs::Rows::kAll,
          .fresh_optimizer = true};
}

LossAndMetrics Dtm::Loss(const LossInputs& in) const {
  const at::Tensor tilt_B = (options_.h * in.advantage_B).exp();
  const at::Tensor weight_B11 =
      (tilt_B - options_.control_variate).reshape({-1, 1, 1});
  const at::Tensor token_BSL =
      options_.control_variate * *in.teacher_ce_BSL - weight_B11 * in.logp_BSL;
  const at::Tensor row_BS =
      AtScored(in, token_BSL).sum(2) / ScoredCount(in).clamp_min(1);
  return {row_BS.mean(),
          {{"teacher_ce", MeanOverScored(in, *in.teacher_ce_BSL)},
           {"tilt", MeanOverRead(in, tilt_B)},
           {"elbo", MeanOverRead(in, MaskedMeanElbo(in))}}};
}

AlgorithmOr MakeDtm(const AlgorithmSettings& settings) {
  const AlgorithmSettings::Dtm& options = settings.dtm;
  MDRL_RETURN_IF_ERROR(RequireAbove0(options.h, "algorithm.dtm.h"));
  MDRL_RETURN_IF_ERROR(RequireNotNegative(options.control_variate,
                                          "algorithm.dtm.control_variate"));
  if (!settings.advantage.empty()) {
    return absl::InvalidArgumentError(
        "algorithm.advantage is not for dtm: it weighs by the reward itself");
  }
  MDRL_ASSIGN_OR_RETURN(CorruptionSettings corruption,
                        Resolve(settings, {.kinds = {"suffix_block"}}));
  corruption.active_only = options.active_only;
  MDRL_ASSIGN_OR_RETURN(std::unique_ptr<CorruptionLaw> law,
                        MakeCorruptionLaw(corruption));
  return std::make_unique<Dtm>(options, Clamped, std::move(law));
}

}  // namespace mdrl
