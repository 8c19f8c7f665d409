#include "services/learner/algorithm/likelihood.h"

#include "ATen/TensorOperators.h"
#include "ATen/ops/any.h"
#include "ATen/ops/full_like.h"
#include "ATen/ops/logsumexp.h"
#include "ATen/ops/where.h"
#include "ATen/ops/zeros_like.h"

namespace mdrl {
namespace {

// Stands for log 0. Finite: with -inf the gradient of a position scored in no
// sample would be 0 * NaN.
constexpr double kLogOfNothing = -1e30;

// [B, S] samples with something scored, and how many a row has, at least 1.
at::Tensor SampleCount(const at::Tensor& count_BS) {
  return (count_BS > 0).sum(1).clamp_min(1).to(count_BS.scalar_type());
}

// [B, L]: log mean_k(p_i(z_k)^beta 1[i in M_k] / t_k).
at::Tensor LogMeanPower(const LossInputs& in, double beta) {
  const at::Tensor count_BS = ScoredCount(in);
  const at::Tensor log_t_BS =
      (count_BS.clamp_min(1) / in.length_B.unsqueeze(1)).log();
  const at::Tensor term_BSL =
      at::where(in.scored_BSL, beta * in.logp_BSL - log_t_BS.unsqueeze(2),
                at::full_like(in.logp_BSL, kLogOfNothing));
  return at::logsumexp(term_BSL, {1}) -
         SampleCount(count_BS).log().unsqueeze(1);
}

}  // namespace

at::Tensor ScoredCount(const LossInputs& in) {
  return in.scored_BSL.sum(2).to(in.logp_BSL.scalar_type());
}

at::Tensor AtScored(const LossInputs& in, const at::Tensor& value_BSL) {
  return at::where(in.scored_BSL, value_BSL, at::zeros_like(value_BSL));
}

at::Tensor OldLogp(const LossInputs& in) {
  return in.old_logp_BSL.has_value() ? *in.old_logp_BSL : in.logp_BSL.detach();
}

at::Tensor SumLogp(const LossInputs& in) {
  return AtScored(in, in.logp_BSL).sum(2).sum(1);
}

at::Tensor MaskedMeanElbo(const LossInputs& in, const at::Tensor& logp_BSL) {
  const at::Tensor count_BS = ScoredCount(in);
  const at::Tensor mean_BS =
      AtScored(in, logp_BSL).sum(2) / count_BS.clamp_min(1);
  return mean_BS.sum(1) / SampleCount(count_BS);
}

at::Tensor MaskedMeanElbo(const LossInputs& in) {
  return MaskedMeanElbo(in, in.logp_BSL);
}

at::Tensor WeightedSums(const LossInputs& in, const at::Tensor& logp_BSL) {
  return in.weight_BS * AtScored(in, logp_BSL).sum(2);
}

at::Tensor WeightedElbo(const LossInputs& in, const at::Tensor& logp_BSL) {
  return WeightedSums(in, logp_BSL).mean(1);
}

at::Tensor Eubo(const LossInputs& in, double beta) {
  const at::Tensor union_BL = in.scored_BSL.any(1);
  const at::Tensor log_mean_BL = LogMeanPower(in, beta);
  const at::Tensor used_BL =
      at::where(union_BL, log_mean_BL, at::zeros_like(log_mean_BL));
  return used_BL.sum(1) / (beta * union_BL.sum(1).clamp_min(1));
}

at::Tensor LooseEubo(const LossInputs& in, double beta) {
  const at::Tensor union_BL = in.scored_BSL.any(1);
  const at::Tensor excess_BL = LogMeanPower(in, beta).exp() - 1;
  const at::Tensor used_BL =
      at::where(union_BL, excess_BL, at::zeros_like(excess_BL));
  return used_BL.sum(1) / (beta * union_BL.sum(1).clamp_min(1));
}

}  // namespace mdrl
