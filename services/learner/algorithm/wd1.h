// wd1, weighted policy optimisation (arXiv 2507.08838; docs/algorithms.md).
//
// No ratio, no old policy, no reference: log-likelihood weighted by a softmax
// of the advantage, minus the same of its negative.
//
//   w+ = softmax(psi A), w- = softmax(-psi A) over the rows of a group
//   loss = mean over groups of sum_i (w-_i - w+_i) log pi(o_i)
//
// log pi is d1's one-step estimate, summed over tokens i <= n. The published
// softmax runs over the rows of a device's batch, which is one group only if
// the batch is; `over_the_step` (compat: published_wd1_batch) does so over the
// step.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_WD1_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_WD1_H_

#include "services/learner/algorithm/method.h"
#include "services/learner/algorithm/own.h"
#include "services/learner/algorithm/settings.h"

namespace mdrl {

class Wd1 final : public Method<AlgorithmSettings::Wd1> {
 public:
  using Method::Method;

  Needs needs() const override;
  // Metrics: elbo, mc_stddev, weight_max (the largest |w- - w+|).
  LossAndMetrics Loss(const LossInputs& in) const override;
};

// InvalidArgument names the key and what would be right.
AlgorithmOr MakeWd1(const AlgorithmSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_WD1_H_
