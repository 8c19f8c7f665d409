// SPG, Sandwiched Policy Gradient (arXiv 2510.09541; docs/algorithms.md).
//
// The advantage's sign picks the side of the sandwich: raise a lower bound of
// log pi for good completions, push down an upper bound for bad ones. Stays
// with the published code where the paper is silent: strict A > 0, score per
// token, the loss a token-weighted mean.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_SPG_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_SPG_H_

#include <memory>

#include "services/learner/algorithm/advantage.h"
#include "services/learner/algorithm/algorithm.h"
#include "services/learner/algorithm/own.h"

namespace mdrl {

struct SpgOptions {
  // What stands for log pi of a completion with A < 0. kDrop: such rows have
  // advantage 0, and keep their place in the loss's denominator.
  enum class Negative { kMix, kEubo, kElbo, kDrop };
  double beta = 1.5;   // of the EUBO; >= 1
  double omega = 0.5;  // of the mixture: omega EUBO + ...
  Negative negative = Negative::kMix;
  double negative_weight = 1.0;  // factor on negative advantages
  // No gradient from a negative row's token with p below this. Its value and
  // the normaliser are kept. 0: off.
  double negative_cap = 0.0;
  // The corruption reads which decode step revealed what. Each token is scored
  // once, in the state that revealed it: a trajectory policy gradient.
  bool own_states = false;
  AdvantageFn advantage = MeanCentred;
};

class Spg final : public Algorithm {
 public:
  Spg(SpgOptions options, std::unique_ptr<const CorruptionLaw> corruption);

  Needs needs() const override;
  const CorruptionLaw& corruption() const override { return *corruption_; }
  at::Tensor Advantage(const at::Tensor& reward_B,
                       const at::Tensor& group_B) const override;
  // Metrics, over the completions that were read, in nats per token: elbo,
  // eubo, gap, their difference, mc_stddev and loose_eubo; and omega_star where
  // there are several samples.
  LossAndMetrics Loss(const LossInputs& in) const override;

 private:
  // `in` with the gradient of hopeless tokens of negative rows cut off.
  LossInputs Capped(const LossInputs& in) const;

  SpgOptions options_;
  std::unique_ptr<const CorruptionLaw> corruption_;
};

// InvalidArgument names the key and what would be right.
AlgorithmOr MakeSpg(const AlgorithmSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_SPG_H_
