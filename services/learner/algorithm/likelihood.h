// Estimates of log pi from readouts, and differences of them. Pure functions.
//
// Two normalisations of the ELBO are in use and are two functions. Rows
// without a scored position give 0 and get no gradient.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_LIKELIHOOD_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_LIKELIHOOD_H_

#include "ATen/core/Tensor.h"
#include "services/learner/algorithm/algorithm.h"

namespace mdrl {

// [B, S]: |M_k|, the number of scored positions of each sample.
at::Tensor ScoredCount(const LossInputs& in);

// [B], nats per token: the mean over samples of (1/|M_k|) sum_{i in M_k} l_i
// (algorithms.md 1.3). Samples with nothing scored are left out of the mean.
at::Tensor MaskedMeanElbo(const LossInputs& in);

// [B], nats per token: (1/(beta |U|)) sum_{i in U} log mean_k(p_i(z_k)^beta
// 1[i in M_k] / t_k) with t_k = |M_k|/n and U the positions scored in at least
// one sample (SPG, Corollary 1; algorithms.md 1.3). By log-sum-exp, so that
// nothing underflows: the published code drops positions whose p^beta does,
// and its gradient is infinite just before that (algorithms.md 0.5).
at::Tensor Eubo(const LossInputs& in, double beta);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_LIKELIHOOD_H_
