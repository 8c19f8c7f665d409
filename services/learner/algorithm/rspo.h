// RSPO, Relative Score Policy Optimization (arXiv 2605.10218).
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

#include "services/learner/algorithm/method.h"
#include "services/learner/algorithm/own.h"
#include "services/learner/algorithm/settings.h"

namespace mdrl {

class Rspo final : public Method<AlgorithmSettings::Rspo> {
 public:
  using Method::Method;

  Needs needs() const override;
  // Metrics: elbo, mc_stddev, score_difference (mean d), residual_abs.
  LossAndMetrics Loss(const LossInputs& in) const override;
};

// InvalidArgument names the key and what would be right.
AlgorithmOr MakeRspo(const AlgorithmSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_RSPO_H_
