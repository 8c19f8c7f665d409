#include "services/learner/algorithm/statistics.h"

#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/where.h"
#include "ATen/ops/zeros_like.h"
#include "services/learner/algorithm/likelihood.h"
#include "services/learner/algorithm/ratio.h"

namespace mdrl {

at::Tensor MeanOverRead(const LossInputs& in, const at::Tensor& value_B) {
  const at::Tensor read_B = in.scored_BSL.flatten(1).any(1);
  return at::where(read_B, value_B.detach(), at::zeros_like(value_B)).sum() /
         read_B.sum().clamp_min(1);
}

at::Tensor MeanOverScored(const LossInputs& in, const at::Tensor& value_BSL) {
  return AtScored(in, value_BSL.detach().expand_as(in.scored_BSL)).sum() /
         in.scored_BSL.sum().clamp_min(1);
}

at::Tensor McStddev(const LossInputs& in) {
  const at::NoGradGuard no_grad;
  const at::Tensor count_BS = ScoredCount(in);
  const at::Tensor has_BS = (count_BS > 0).to(count_BS.scalar_type());
  const at::Tensor mean_BS =
      AtScored(in, in.logp_BSL).sum(2) / count_BS.clamp_min(1);
  const at::Tensor samples_B = has_BS.sum(1);
  const at::Tensor centred_BS =
      (mean_BS - (mean_BS.sum(1) / samples_B.clamp_min(1)).unsqueeze(1)) *
      has_BS;
  const at::Tensor stddev_B =
      (centred_BS.square().sum(1) / samples_B.clamp_min(1)).sqrt();
  const at::Tensor several_B = (samples_B > 1).to(count_BS.scalar_type());
  return (stddev_B * several_B).sum() / several_B.sum().clamp_min(1);
}

at::Tensor OmegaStar(const LossInputs& in, double beta) {
  const at::NoGradGuard no_grad;
  const at::Tensor count_BS = ScoredCount(in);
  const at::Tensor w_BSL =
      AtScored(in, (in.length_B.unsqueeze(1) / count_BS.clamp_min(1))
                       .unsqueeze(2)
                       .expand_as(in.logp_BSL));
  const at::Tensor p_BSL = in.logp_BSL.exp();
  const at::Tensor s_BSL = 1.0 - p_BSL;
  const at::Tensor tilted_BSL = w_BSL * p_BSL.pow(beta);
  const at::Tensor rho_BSL =
      tilted_BSL / tilted_BSL.mean(1, /*keepdim=*/true).clamp_min(1e-30);
  const auto centred = [](const at::Tensor& x) {
    return x - x.mean(1, /*keepdim=*/true);
  };
  const at::Tensor x_BSL = centred(w_BSL * s_BSL);
  const at::Tensor y_BSL = centred((rho_BSL - w_BSL) * s_BSL);
  return -(x_BSL * y_BSL).sum() / y_BSL.square().sum();
}

Metrics ElboMetrics(const LossInputs& in) {
  const at::NoGradGuard no_grad;
  return {{"elbo", MeanOverRead(in, MaskedMeanElbo(in))},
          {"mc_stddev", McStddev(in)}};
}

void AddRatio(const LossInputs& in, const at::Tensor& ratio_BSL,
              const at::Tensor& advantage_B11, double clip, Metrics& metrics) {
  const at::NoGradGuard no_grad;
  metrics.emplace_back("ratio", MeanOverScored(in, ratio_BSL));
  metrics.emplace_back(
      "clip_share",
      MeanOverScored(in, IsClipped(ratio_BSL, advantage_B11, clip, clip)
                             .to(in.logp_BSL.scalar_type())));
}

void AddKl(const LossInputs& in, Metrics& metrics) {
  const at::NoGradGuard no_grad;
  if (in.ref_logp_BSL.has_value()) {
    metrics.emplace_back(
        "kl_reference", MeanOverScored(in, K3(*in.ref_logp_BSL - in.logp_BSL)));
  }
  if (in.old_logp_BSL.has_value()) {
    metrics.emplace_back(
        "kl_rollout", MeanOverScored(in, K3(*in.old_logp_BSL - in.logp_BSL)));
  }
}

}  // namespace mdrl
