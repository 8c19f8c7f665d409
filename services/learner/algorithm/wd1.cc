#include "services/learner/algorithm/wd1.h"

#include <utility>

#include "ATen/TensorOperators.h"
#include "ATen/ops/logsumexp.h"
#include "ATen/ops/ones_like.h"
#include "common/base/status_macros.h"
#include "services/learner/algorithm/likelihood.h"
#include "services/learner/algorithm/statistics.h"

namespace mdrl {
namespace {

constexpr double kNever = -1e30;  // stands for log 0

}  // namespace

Needs Wd1::needs() const {
  // A mixed group's row at the mean has w+ != w-; equal rewards have w+ = w-.
  return {.separable = true,
          .rows = options_.over_the_step ? Needs::Rows::kAll
                                         : Needs::Rows::kOfMixedGroups};
}

LossAndMetrics Wd1::Loss(const LossInputs& in) const {
  const at::Tensor tilt_B = options_.psi * in.advantage_B;
  // A row's group as columns: [B, B] of equal groups.
  const at::Tensor same_BB =
      options_.over_the_step
          ? at::ones_like(in.group_B.unsqueeze(1).eq(in.group_B))
          : in.group_B.unsqueeze(1).eq(in.group_B);
  const auto softmax = [&same_BB](const at::Tensor& x_B) {
    const at::Tensor others_BB =
        x_B.expand_as(same_BB).masked_fill(same_BB.logical_not(), kNever);
    return (x_B - at::logsumexp(others_BB, {1})).exp();
  };
  const at::Tensor weight_B = softmax(-tilt_B) - softmax(tilt_B);
  const double groups =
      options_.over_the_step
          ? 1.0
          : static_cast<double>(in.group_B.max().item<int64_t>() + 1);
  const at::Tensor loss = (weight_B * SumLogp(in)).sum() / groups;

  Metrics metrics = ElboMetrics(in);
  metrics.emplace_back("weight_max", weight_B.abs().max());
  return {loss, metrics};
}

AlgorithmOr MakeWd1(const AlgorithmSettings& settings) {
  const AlgorithmSettings::Wd1& options = settings.wd1;
  MDRL_RETURN_IF_ERROR(RequireAbove0(options.psi, "algorithm.wd1.psi"));
  MDRL_ASSIGN_OR_RETURN(const AdvantageFn advantage,
                        AdvantageOf(settings, "mean"));
  MDRL_ASSIGN_OR_RETURN(
      std::unique_ptr<CorruptionLaw> law,
      LawOf(settings, {.kinds = {"all"}, .samples = 1, .mask_prompt = 0.15}));
  return std::make_unique<Wd1>(options, advantage, std::move(law));
}

}  // namespace mdrl
