// diffu-GRPO of d1 (arXiv 2504.12216; docs/algorithms.md).
//
// GRPO with the one-step mean-field estimate: the whole completion is masked,
// prompt tokens at random, and each token has its own clipped ratio.
//
//   loss = mean over the step's tokens i <= n of
//          -min(rho A, clip(rho, 1 - clip, 1 + clip) A) + kl_beta k3
//   rho = exp(l_i - l_i^old) on the same mask, k3 of d = l_i^ref - l_i
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_DIFFU_GRPO_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_DIFFU_GRPO_H_

#include "services/learner/algorithm/method.h"
#include "services/learner/algorithm/own.h"
#include "services/learner/algorithm/settings.h"

namespace mdrl {

class DiffuGrpo final : public Method<AlgorithmSettings::DiffuGrpo> {
 public:
  using Method::Method;

  Needs needs() const override;
  // Metrics: elbo, mc_stddev, clip_share.
  LossAndMetrics Loss(const LossInputs& in) const override;
};

// InvalidArgument names the key and what would be right.
AlgorithmOr MakeDiffuGrpo(const AlgorithmSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_DIFFU_GRPO_H_
