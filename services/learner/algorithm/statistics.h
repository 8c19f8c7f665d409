// What the step log says of a step's readouts, from numbers that the loss has
// anyway. Pure functions; results are constants, scalars in nats per token
// unless said otherwise.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_STATISTICS_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_STATISTICS_H_

#include <string>
#include <utility>
#include <vector>

#include "ATen/core/Tensor.h"
#include "services/learner/algorithm/algorithm.h"

namespace mdrl {

using Metrics = std::vector<std::pair<std::string, at::Tensor>>;

// Mean over the completions that were read.
at::Tensor MeanOverRead(const LossInputs& in, const at::Tensor& value_B);

// Mean over scored positions of all samples; `value` broadcasts to [B, S, L].
at::Tensor MeanOverScored(const LossInputs& in, const at::Tensor& value_BSL);

// Standard deviation of a completion's per-sample mean log p about its mean
// over samples (with S), averaged over completions read with two or more
// samples; 0 if there is none.
at::Tensor McStddev(const LossInputs& in);

// Proposition 1 of the SPG paper: the omega with the least variance of the
// gradient, pooled over tokens, from the samples at hand. With s = 1 - p, the
// derivative by the true token's logit, w = 1[masked]/t and rho = w p^beta /
// mean(w p^beta): -sum Cov(w s, (rho - w) s) / sum Var((rho - w) s).
// Not clipped to 0..1; NaN with one sample.
at::Tensor OmegaStar(const LossInputs& in, double beta);

// elbo and mc_stddev, which every method that scores masked tokens has.
Metrics ElboMetrics(const LossInputs& in);

// ratio and clip_share of a token-wise clipped objective: the mean ratio, and
// the share of scored positions where the clipped branch is taken.
void AddRatio(const LossInputs& in, const at::Tensor& ratio_BSL,
              const at::Tensor& advantage_B11, double clip, Metrics& metrics);

// kl_reference and kl_rollout where there are such readouts: k3 per scored
// token. The second is against the policy at the round's start, which is the
// one that decoded unless the round is stale.
void AddKl(const LossInputs& in, Metrics& metrics);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_STATISTICS_H_
