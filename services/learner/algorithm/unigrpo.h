// UniGRPO of MMaDA (arXiv 2505.15809; algorithms.md 5).
//
// GRPO on randomly masked canvases whose ratio of masked tokens sweeps the
// noise levels over the steps of a round. From the paper: its repository holds
// no trainer of this method.
//
//   row = mean over masked i of
//         -min(rho A, clip(rho, 1 - clip, 1 + clip) A) + kl_beta k3
//   loss = mean over samples and completions of row
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_UNIGRPO_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_UNIGRPO_H_

#include <memory>

#include "services/learner/algorithm/advantage.h"
#include "services/learner/algorithm/algorithm.h"
#include "services/learner/algorithm/own.h"
#include "services/learner/algorithm/settings.h"

namespace mdrl {

class UniGrpo final : public Algorithm {
 public:
  using Options = AlgorithmSettings::UniGrpo;

  UniGrpo(Options options, AdvantageFn advantage,
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
AlgorithmOr MakeUniGrpo(const AlgorithmSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_UNIGRPO_H_
