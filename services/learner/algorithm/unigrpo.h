// UniGRPO of MMaDA (arXiv 2505.15809; docs/algorithms.md).
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

#include "services/learner/algorithm/method.h"
#include "services/learner/algorithm/own.h"
#include "services/learner/algorithm/settings.h"

namespace mdrl {

class UniGrpo final : public Method<AlgorithmSettings::UniGrpo> {
 public:
  using Method::Method;

  Needs needs() const override;
  // Metrics: elbo, mc_stddev, clip_share.
  LossAndMetrics Loss(const LossInputs& in) const override;
};

// InvalidArgument names the key and what would be right.
AlgorithmOr MakeUniGrpo(const AlgorithmSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_UNIGRPO_H_
