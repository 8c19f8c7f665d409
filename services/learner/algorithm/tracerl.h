// TraceRL of dLLM-RL (arXiv 2509.06949; docs/algorithms.md), without its value
// model.
//
// Token ratios on the canvases that the decoder saw, several decode steps
// merged into one sample.
//
//   sample = -mean over scored i of min(rho A, clip(rho, 1 - clip, 1 + clip) A)
//            + kl_beta sum over scored i of k3, d = l_i^old - l_i
//   loss = mean over all samples of all completions of sample
//
// As in the published code the old policy is that of the round's start, the KL
// term is a sum where the policy term is a mean, and longer completions, which
// have more samples, weigh more.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_TRACERL_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_TRACERL_H_

#include "services/learner/algorithm/method.h"
#include "services/learner/algorithm/own.h"
#include "services/learner/algorithm/settings.h"

namespace mdrl {

class TraceRl final : public Method<AlgorithmSettings::TraceRl> {
 public:
  using Method::Method;

  Needs needs() const override;
  // Metrics: elbo, mc_stddev, clip_share.
  LossAndMetrics Loss(const LossInputs& in) const override;
};

// InvalidArgument names the key and what would be right.
AlgorithmOr MakeTraceRl(const AlgorithmSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_TRACERL_H_
