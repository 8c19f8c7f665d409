// ESPO, sequence-level policy optimisation (arXiv 2512.03759;
// docs/algorithms.md).
//
// One ratio for the whole sequence, from ELBOs of coupled masks, per position
// of the canvas.
//
//   rho = exp((E - E_old) / L), E the weighted ELBO over all L positions
//   loss = -mean min(rho A, clip(rho, 1 - clip_low, 1 + clip_high) A)
//          + (kl_beta / L) mean (E - E_ref)^2 / 2
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_ESPO_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_ESPO_H_

#include "services/learner/algorithm/method.h"
#include "services/learner/algorithm/own.h"
#include "services/learner/algorithm/settings.h"

namespace mdrl {

class Espo final : public Method<AlgorithmSettings::Espo> {
 public:
  using Method::Method;

  Needs needs() const override;
  // Metrics: elbo (per position of the canvas), mc_stddev, ratio, clip_share.
  LossAndMetrics Loss(const LossInputs& in) const override;
};

// InvalidArgument names the key and what would be right.
AlgorithmOr MakeEspo(const AlgorithmSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_ESPO_H_
