// DTM, Discrete Tilt Matching (arXiv 2604.18739; docs/algorithms.md).
//
// No likelihood at all: the policy learns the teacher's posterior, tilted by
// the reward of the completion that the masked canvas came from.
//
//   target = c teacher + (e^{h R} - c) onehot(x_i), R clamped at 0
//   loss = mean over completions of the mean over scored i of
//          -sum_v target(v) log p(v) = c teacher_ce_i - (e^{h R} - c) l_i
//
// A completion with reward 0 (c = 1) is distillation of the teacher: at the
// teacher its gradient is 0. A round is one phase of the published loop: the
// teacher is the policy at its start, and the optimizer starts anew with it.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_DTM_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_DTM_H_

#include "services/learner/algorithm/method.h"
#include "services/learner/algorithm/own.h"
#include "services/learner/algorithm/settings.h"

namespace mdrl {

class Dtm final : public Method<AlgorithmSettings::Dtm> {
 public:
  using Method::Method;

  Needs needs() const override;
  // Metrics: teacher_ce, tilt (mean e^{h R}), elbo.
  LossAndMetrics Loss(const LossInputs& in) const override;
};

// InvalidArgument names the key and what would be right.
AlgorithmOr MakeDtm(const AlgorithmSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_DTM_H_
