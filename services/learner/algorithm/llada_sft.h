// LLaDA's supervised objective (arXiv 2502.09992), a linear function of
// readouts.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_LLADA_SFT_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_LLADA_SFT_H_

#include "ATen/core/Tensor.h"
#include "services/learner/algorithm/algorithm.h"

namespace mdrl {

// (1/B) sum_b (1/length_b) sum over scored i of -l_i / p_b: weight_BS is 1/p,
// length_B the answer's length with its EOS padding, which is masked, trained
// and counted. One sample per row. Advantages and groups play no part.
at::Tensor LladaSftLoss(const LossInputs& in);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_LLADA_SFT_H_
