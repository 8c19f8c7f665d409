// The loss of one token that diffu-GRPO and UniGRPO share; they average it
// differently.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_TOKEN_LOSS_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_TOKEN_LOSS_H_

#include "ATen/core/Tensor.h"
#include "services/learner/algorithm/algorithm.h"

namespace mdrl {

// -Clipped(ratio, advantage) + kl_beta k3 of the KL to the reference, [B, S,
// L]; advantage_B11 broadcasts. REQUIRES: readouts of the reference, if kl_beta
// is above 0.
at::Tensor TokenLoss(const LossInputs& in, const at::Tensor& ratio_BSL,
                     const at::Tensor& advantage_B11, double clip,
                     double kl_beta);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_TOKEN_LOSS_H_
