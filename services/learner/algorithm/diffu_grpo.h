// diffu-GRPO of d1 (arXiv 2504.12216; algorithms.md 3).
//
// GRPO with the one-step mean-field estimate: the whole completion is masked,
// prompt tokens at random, and each token has its own clipped ratio.
//
//   loss = mean over the step's tokens i <= n of
//          -min(rho A, clip(rho, 1 - clip, 1 + clip) A) + kl_beta k3
//   rho = exp(l_i - l_i^old) on the same mask, k3 of d = l_i^ref - l_i
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_DIFFU_GRPO_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_DIFFU_GRPO_H_

#include <memory>

#include "services/learner/algorithm/advantage.h"
#include "services/learner/algorithm/algorithm.h"
#include "services/learner/algorithm/own.h"
#include "services/learner/algorithm/settings.h"

namespace mdrl {

class DiffuGrpo final : public Algorithm {
 public:
  using Options = AlgorithmSettings::DiffuGrpo;

  DiffuGrpo(Options options, AdvantageFn advantage,
            std::unique_ptr<const CorruptionLaw> corruption);

  Needs needs() const override;
  const CorruptionLaw& corruption() const override { return *corruption_; }
  at::Tensor Advantage(const at::Tensor& reward_B,
                       const at::Tensor& group_B) const override;
  // Metrics: elbo, mc_stddev, clip_share, kl_reference, kl_rollout.
  LossAndMetrics Loss(const LossInputs& in) const override;

 private:
  Options options_;
  AdvantageFn advantage_;
  std::unique_ptr<const CorruptionLaw> corruption_;
};

// InvalidArgument names the key and what would be right.
AlgorithmOr MakeDiffuGrpo(const AlgorithmSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_DIFFU_GRPO_H_
