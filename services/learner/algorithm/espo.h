// ESPO, sequence-level policy optimisation (arXiv 2512.03759;
// algorithms.md 8.1).
//
// One ratio for the whole sequence, from ELBOs of coupled masks, per position
// of the canvas.
//
//   rho = exp((E - E_old) / L), E the weighted ELBO over all L positions
//   loss = -mean min(rho A, clip(rho, 1 - clip_low, 1 + clip_high) A)
//          + (kl_beta / L) mean (E - E_ref)^2 / 2
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_ESPO_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_ESPO_H_

#include <memory>

#include "services/learner/algorithm/advantage.h"
#include "services/learner/algorithm/algorithm.h"
#include "services/learner/algorithm/own.h"
#include "services/learner/algorithm/settings.h"

namespace mdrl {

class Espo final : public Algorithm {
 public:
  using Options = AlgorithmSettings::Espo;

  Espo(Options options, AdvantageFn advantage,
       std::unique_ptr<const CorruptionLaw> corruption);

  Needs needs() const override;
  const CorruptionLaw& corruption() const override { return *corruption_; }
  at::Tensor Advantage(const at::Tensor& reward_B,
                       const at::Tensor& group_B) const override;
  // Metrics: elbo (per position of the canvas), mc_stddev, ratio, clip_share,
  // kl_reference, kl_rollout.
  LossAndMetrics Loss(const LossInputs& in) const override;

 private:
  Options options_;
  AdvantageFn advantage_;
  std::unique_ptr<const CorruptionLaw> corruption_;
};

// InvalidArgument names the key and what would be right.
AlgorithmOr MakeEspo(const AlgorithmSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_ESPO_H_
