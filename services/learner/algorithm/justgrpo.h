// JustGRPO (arXiv 2601.15165; algorithms.md 8.4).
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

#include <memory>

#include "services/learner/algorithm/advantage.h"
#include "services/learner/algorithm/algorithm.h"
#include "services/learner/algorithm/own.h"
#include "services/learner/algorithm/settings.h"

namespace mdrl {

class JustGrpo final : public Algorithm {
 public:
  using Options = AlgorithmSettings::JustGrpo;

  JustGrpo(Options options, AdvantageFn advantage,
           std::unique_ptr<const CorruptionLaw> corruption);

  Needs needs() const override;
  const CorruptionLaw& corruption() const override { return *corruption_; }
  at::Tensor Advantage(const at::Tensor& reward_B,
                       const at::Tensor& group_B) const override;
  // Metrics: log_pi (nats per completion), clip_share, kl_rollout.
  LossAndMetrics Loss(const LossInputs& in) const override;

 private:
  Options options_;
  AdvantageFn advantage_;
  std::unique_ptr<const CorruptionLaw> corruption_;
};

// InvalidArgument names the key and what would be right.
AlgorithmOr MakeJustGrpo(const AlgorithmSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_JUSTGRPO_H_
