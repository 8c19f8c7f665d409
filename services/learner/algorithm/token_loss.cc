#include "services/learner/algorithm/token_loss.h"

#include "ATen/TensorOperators.h"
#include "services/learner/algorithm/ratio.h"

namespace mdrl {

at::Tensor TokenLoss(const LossInputs& in, const at::Tensor& ratio_BSL,
                     const at::Tensor& advantage_B11, double clip,
                     double kl_beta) {
  const at::Tensor clipped_BSL = -Clipped(ratio_BSL, advantage_B11, clip, clip);
  return kl_beta > 0.0
             ? clipped_BSL + kl_beta * K3(*in.ref_logp_BSL - in.logp_BSL)
             : clipped_BSL;
}

}  // namespace mdrl
