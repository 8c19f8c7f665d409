// BGPO, Boundary-Guided Policy Optimization (arXiv 2510.11683;
// docs/algorithms.md).
//
// A lower bound of the ELBO-ratio objective that is a sum over samples: by
// Taylor for good completions, by Jensen for bad ones. On the policy that
// decoded, value and gradient are those of the ratio itself.
//
//   d_j = (ell_j - ell_j^old) / divisor, ell_j = (n / k) sum of masked log p
//   g_j = (A/S) (1 + d_j) if A >= 0, (A/S) exp(d_j) else
//   loss = -mean over completions of sum_j g_j
//
// The paper has divisor 1; n, the default, is what makes steps off the policy
// usable. `clip` clips the per-sample ratio, which the
// paper does not.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_BGPO_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_BGPO_H_

#include "services/learner/algorithm/method.h"
#include "services/learner/algorithm/own.h"
#include "services/learner/algorithm/settings.h"

namespace mdrl {

class Bgpo final : public Method<AlgorithmSettings::Bgpo> {
 public:
  using Method::Method;

  Needs needs() const override;
  // Metrics: elbo, mc_stddev, ratio (mean over samples), clip_share.
  LossAndMetrics Loss(const LossInputs& in) const override;
};

// InvalidArgument names the key and what would be right.
AlgorithmOr MakeBgpo(const AlgorithmSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_BGPO_H_
