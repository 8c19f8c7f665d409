// Estimates of log pi from readouts, and differences of them. Pure functions.
//
// Two normalisations of the ELBO are in use and are two functions. Rows
// without a scored position give 0 and get no gradient.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_LIKELIHOOD_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_LIKELIHOOD_H_

#include "ATen/core/Tensor.h"
#include "services/learner/algorithm/algorithm.h"

namespace mdrl {

// [B, S, L]: `value` at scored positions, 0 elsewhere, and no gradient there.
at::Tensor AtScored(const LossInputs& in, const at::Tensor& value_BSL);

// [B, S, L]: readouts of the policy at the round's start. Where there are none
// the current policy is that policy: its readouts as constants.
at::Tensor OldLogp(const LossInputs& in);

// [B, S]: |M_k|, the number of scored positions of each sample.
at::Tensor ScoredCount(const LossInputs& in);

// [B], nats: sum of log p over scored positions and samples: log pi of d1's
// one-step estimate, where there is one sample.
at::Tensor SumLogp(const LossInputs& in);

// [B], nats per token: the mean over samples of (1/|M_k|) sum_{i in M_k} l_i
// (SPG). Samples with nothing scored are left out of the mean.
at::Tensor MaskedMeanElbo(const LossInputs& in);
// The same of other readouts of the same samples.
at::Tensor MaskedMeanElbo(const LossInputs& in, const at::Tensor& logp_BSL);

// [B, S], nats: weight_BS times the sum of `logp_BSL` over scored positions,
// an ELBO by one sample (BGPO, arXiv 2510.11683).
at::Tensor WeightedSums(const LossInputs& in, const at::Tensor& logp_BSL);

// [B], nats: the mean of WeightedSums over all samples; one with nothing
// scored counts as 0, as half of a coupled pair may (ESPO).
at::Tensor WeightedElbo(const LossInputs& in, const at::Tensor& logp_BSL);

// [B], nats per token: (1/(beta |U|)) sum_{i in U} log mean_k(p_i(z_k)^beta
// 1[i in M_k] / t_k) with t_k = |M_k|/n and U the positions scored in at least
// one sample (SPG, Corollary 1). By log-sum-exp, so that
// nothing underflows: the published code drops positions whose p^beta does,
// and its gradient is infinite just before that.
at::Tensor Eubo(const LossInputs& in, double beta);

// [B], nats per token: (1/(beta |U|)) sum_{i in U} (a_i - 1), a_i what stands
// under the logarithm of Eubo(): looser, by log u <= u - 1, but without bias
// (docs/algorithms.md, SPG).
at::Tensor LooseEubo(const LossInputs& in, double beta);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_LIKELIHOOD_H_
