#include "services/learner/algorithm/spg.h"

#include <cmath>
#include <utility>

#include "ATen/TensorOperators.h"
#include "ATen/ops/lerp.h"
#include "ATen/ops/logical_and.h"
#include "ATen/ops/where.h"
#include "services/learner/algorithm/likelihood.h"

namespace mdrl {

Spg::Spg(SpgOptions options, std::unique_ptr<const CorruptionLaw> corruption)
    : options_(options), corruption_(std::move(corruption)) {
  using Negative = SpgOptions::Negative;
  if (options_.negative == Negative::kEubo) options_.omega = 1.0;
  if (options_.negative == Negative::kElbo) options_.omega = 0.0;
  if (options_.negative == Negative::kDrop) options_.negative_weight = 0.0;
}

Needs Spg::needs() const {
  // Through the EUBO a readout's weight depends on the other samples of its
  // completion.
  return {};
}

at::Tensor Spg::Advantage(const at::Tensor& reward_B,
                          const at::Tensor& group_B) const {
  const at::Tensor advantage_B = options_.advantage(reward_B, group_B);
  return at::where(advantage_B < 0, options_.negative_weight * advantage_B,
                   advantage_B);
}

LossInputs Spg::Capped(const LossInputs& in) const {
  LossInputs capped = in;
  if (options_.negative_cap <= 0.0) return capped;
  const at::Tensor hopeless_BSL =
      at::logical_and((in.advantage_B < 0).reshape({-1, 1, 1}),
                      in.logp_BSL < std::log(options_.negative_cap));
  capped.logp_BSL = at::where(hopeless_BSL, in.logp_BSL.detach(), in.logp_BSL);
  return capped;
}

LossAndMetrics Spg::Loss(const LossInputs& raw) const {
  const LossInputs in = Capped(raw);
  const at::Tensor elbo_B = MaskedMeanElbo(in);
  const at::Tensor eubo_B = Eubo(in, options_.beta);
  const at::Tensor upper_B = at::lerp(elbo_B, eubo_B, options_.omega);
  const at::Tensor bound_B = at::where(in.advantage_B > 0, elbo_B, upper_B);
  const at::Tensor loss =
      -(in.advantage_B * bound_B * in.length_B).sum() / in.length_B.sum();

  const at::Tensor read = in.scored_BSL.flatten(1).any(1).sum().clamp_min(1);
  const at::Tensor elbo = elbo_B.detach().sum() / read;
  const at::Tensor eubo = eubo_B.detach().sum() / read;
  return {loss, {{"elbo", elbo}, {"eubo", eubo}, {"gap", eubo - elbo}}};
}

}  // namespace mdrl
