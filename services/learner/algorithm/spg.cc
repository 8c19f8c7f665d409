#include "services/learner/algorithm/spg.h"

#include <cmath>
#include <utility>

#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/lerp.h"
#include "ATen/ops/logical_and.h"
#include "ATen/ops/where.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/learner/algorithm/likelihood.h"
#include "services/learner/algorithm/statistics.h"

namespace mdrl {
namespace {

absl::StatusOr<SpgOptions::Negative> NegativeByName(const std::string& name) {
  using Negative = SpgOptions::Negative;
  if (name == "mix") return Negative::kMix;
  if (name == "eubo") return Negative::kEubo;
  if (name == "elbo") return Negative::kElbo;
  if (name == "drop") return Negative::kDrop;
  return absl::InvalidArgumentError(
      absl::StrCat("algorithm.spg.negative \"", name,
                   "\" is unknown; there are mix, eubo, elbo, drop"));
}

}  // namespace

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
  const bool no_eubo = options_.omega == 0.0 || options_.negative_weight == 0.0;
  return {.reveals = options_.own_states, .separable = no_eubo};
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

  const at::NoGradGuard no_grad;
  const at::Tensor elbo = MeanOverRead(in, elbo_B);
  const at::Tensor eubo = MeanOverRead(in, eubo_B);
  Metrics metrics = {
      {"elbo", elbo},
      {"eubo", eubo},
      {"gap", eubo - elbo},
      {"mc_stddev", McStddev(in)},
      {"loose_eubo", MeanOverRead(in, LooseEubo(in, options_.beta))}};
  if (in.logp_BSL.size(1) > 1) {
    metrics.emplace_back("omega_star", OmegaStar(in, options_.beta));
  }
  return {loss, metrics};
}

AlgorithmOr MakeSpg(const AlgorithmSettings& settings) {
  SpgOptions options;
  options.beta = settings.spg.beta;
  options.omega = settings.spg.omega;
  options.negative_weight = settings.spg.negative_weight;
  options.negative_cap = settings.spg.negative_cap;
  MDRL_ASSIGN_OR_RETURN(options.negative,
                        NegativeByName(settings.spg.negative));
  MDRL_ASSIGN_OR_RETURN(options.advantage, AdvantageOf(settings, "mean"));
  if (!(options.beta >= 1.0)) {
    return absl::InvalidArgumentError(
        "algorithm.spg.beta must be at least 1: below, the EUBO bounds "
        "nothing");
  }
  if (!(options.omega >= 0.0 && options.omega <= 1.0)) {
    return absl::InvalidArgumentError("algorithm.spg.omega must lie in 0..1");
  }
  if (!(options.negative_weight >= 0.0)) {
    return absl::InvalidArgumentError(
        "algorithm.spg.negative_weight must not be negative");
  }
  if (!(options.negative_cap >= 0.0 && options.negative_cap < 1.0)) {
    return absl::InvalidArgumentError(
        "algorithm.spg.negative_cap is a probability below 1, 0 for none");
  }
  MDRL_ASSIGN_OR_RETURN(
      CorruptionSettings corruption,
      Resolve(settings, {.kinds = {"block_random", "block_all", "random", "all",
                                   "decode_states"},
                         .samples = 2,
                         .mask_prompt = 0.15}));
  options.own_states = corruption.kind == "decode_states";
  corruption.merge = 1;
  MDRL_ASSIGN_OR_RETURN(std::unique_ptr<CorruptionLaw> law,
                        MakeCorruptionLaw(corruption));
  return std::make_unique<Spg>(options, std::move(law));
}

}  // namespace mdrl
