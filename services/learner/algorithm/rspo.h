// RSPO, Relative Score Policy Optimization (arXiv 2605.10218; algorithms.md 6).
//
// An advantage is also a target for the log-ratio to the reference: the update
// is weighted by what is left of the target.
//
//   d = s - s_ref on the same masks, s the mean of masked log p over samples
//   dhat = d - sg(mean d), loss = -mean sg(A - lambda dhat) dhat
//
// The mean of d is over the step; so a group of equal rewards has a gradient.
// `centre_per_group` takes each group's own. The formula is from the abstract
// and an independent port; only lambda is known of the settings.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_RSPO_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_RSPO_H_

#include <memory>

#include "services/learner/algorithm/advantage.h"
#include "services/learner/algorithm/algorithm.h"
#include "services/learner/algorithm/own.h"
#include "services/learner/algorithm/settings.h"

namespace mdrl {

class Rspo final : public Algorithm {
 public:
  using Options = AlgorithmSettings::Rspo;

  Rspo(Options options, AdvantageFn advantage,
       std::unique_ptr<const CorruptionLaw> corruption);

  Needs needs() const override;
  const CorruptionLaw& corruption() const override { return *corruption_; }
  at::Tensor Advantage(const at::Tensor& reward_B,
                       const at::Tensor& group_B) const override;
  // Metrics: elbo, mc_stddev, score_difference (mean d), residual_abs,
  // kl_reference.
  LossAndMetrics Loss(const LossInputs& in) const override;

 private:
  Options options_;
  AdvantageFn advantage_;
  std::unique_ptr<const CorruptionLaw> corruption_;
};

// InvalidArgument names the key and what would be right.
AlgorithmOr MakeRspo(const AlgorithmSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_RSPO_H_
