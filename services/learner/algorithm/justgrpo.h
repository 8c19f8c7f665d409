// JustGRPO (arXiv 2601.15165; docs/algorithms.md).
//
// The canvas is decoded strictly left to right, so that log pi is exact: one
// sample per position of the canvas, the tail included.
//
//   loss = -sum over completions and positions of
//          min(rho A, clip(rho, 1 - clip, 1 + clip) A)
//          / (L (completions with A != 0 + 1e-5))
//
// The ratio is 1 where a round has one step, as published.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_JUSTGRPO_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_JUSTGRPO_H_

#include "services/learner/algorithm/method.h"
#include "services/learner/algorithm/own.h"
#include "services/learner/algorithm/settings.h"

namespace mdrl {

class JustGrpo final : public Method<AlgorithmSettings::JustGrpo> {
 public:
  using Method::Method;

  Needs needs() const override;
  // Metrics: log_pi (nats per completion), clip_share.
  LossAndMetrics Loss(const LossInputs& in) const override;
};

// InvalidArgument names the key and what would be right.
AlgorithmOr MakeJustGrpo(const AlgorithmSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_JUSTGRPO_H_
