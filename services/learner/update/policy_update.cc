#include "services/learner/update/policy_update.h"

#include <cmath>
#include <span>
#include <string>
#include <utility>

#include "ATen/TensorOperators.h"
#include "ATen/ops/zeros_like.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/base/status_reason.h"
#include "common/tensor/torch_status.h"

namespace mdrl {
namespace {

absl::Status NonFinite(const std::string& what) {
  return WithReason(
      absl::InternalError(absl::StrCat(
          what,
          " is not finite: the step is not applied; a lower rate or a "
          "smaller gradient clip may help if this repeats")),
      "STEP_NONFINITE");
}

LossInputs Inputs(const StepRows& rows, const StepBatch& batch,
                  const at::Tensor& advantage_B, at::ScalarType type) {
  LossInputs in;
  in.scored_BSL = batch.scored_BSL;
  in.weight_BS = batch.weight_BS.to(type);
  in.length_B = rows.length_B.to(type);
  in.advantage_B = advantage_B.to(type);
  in.group_B = rows.group_B;
  return in;
}

void CountRows(const StepRows& rows, const at::Tensor& advantage_B,
               StepStats& stats) {
  stats.groups = rows.groups;
  stats.completions = rows.rows.size();
  stats.zero_spread = rows.zero_spread;
  stats.tokens = rows.tokens;
  if (rows.rows.empty()) return;
  stats.positive = (advantage_B > 0).sum().item<int64_t>();
  stats.negative = (advantage_B < 0).sum().item<int64_t>();
  stats.zero = stats.completions - stats.positive - stats.negative;
  stats.advantage_abs = advantage_B.abs().mean().item<double>();
  stats.advantage_stddev = advantage_B.std(/*unbiased=*/false).item<double>();
}

}  // namespace

PolicyUpdate::PolicyUpdate(const Algorithm& algorithm, const Transformer& model,
                           NamedTensors trainable, PolicyUpdateOptions options,
                           Clock& clock)
    : algorithm_(algorithm),
      model_(model),
      options_(options),
      clock_(clock),
      optimizer_(std::move(trainable), options.adamw),
      plan_(0, options.iterations, options.minibatches) {
  const Needs needs = algorithm.needs();
  MDRL_CHECK(needs.old == Needs::Old::kNone && !needs.reference &&
             !needs.teacher)
      << "no readouts of another policy are taken yet";
}

absl::Status PolicyUpdate::Check(const TrainGroup& group) const {
  const auto& config = model_.config();
  const auto known = [&config](const std::vector<int32_t>& tokens) {
    for (const int32_t token : tokens) {
      if (token < 0 || token >= config.vocab) return false;
    }
    return true;
  };
  const auto bad = [&group](int64_t completion, const char* what) {
    return absl::InvalidArgumentError(absl::StrCat(
        Print(group.group.key.group_id), "/", completion, ": ", what));
  };
  if (!known(group.prompt_tokens)) {
    return bad(0, "a prompt token lies outside the vocabulary");
  }
  for (const Completion& completion : group.group.completions) {
    if (!known(completion.tokens)) {
      return bad(completion.index, "a token lies outside the vocabulary");
    }
    if (completion.effective_tokens > completion.tokens.size()) {
      return bad(completion.index, "more effective tokens than its canvas has");
    }
    if (static_cast<int64_t>(group.prompt_tokens.size() +
                             completion.tokens.size()) > config.max_sequence) {
      return bad(completion.index,
                 "prompt and canvas are longer than the model's positions");
    }
  }
  return absl::OkStatus();
}

absl::Status PolicyUpdate::BeginRound(std::vector<TrainGroup> groups) {
  for (const TrainGroup& group : groups) MDRL_RETURN_IF_ERROR(Check(group));
  groups_ = std::move(groups);
  plan_ = RoundPlan(groups_.size(), options_.iterations, options_.minibatches);
  return absl::OkStatus();
}

std::vector<bool> PolicyUpdate::RowsToRead(
    const at::Tensor& advantage_B) const {
  const bool all =
      !options_.skip_zero_spread || algorithm_.needs().zero_advantage_rows;
  std::vector<bool> read(advantage_B.size(0));
  for (int64_t b = 0; b < advantage_B.size(0); ++b) {
    read[b] = all || advantage_B.const_data_ptr<double>()[b] != 0.0;
  }
  return read;
}

Passes PolicyUpdate::PassesFor(const StepBatch& batch) const {
  if (batch.tokens <= options_.micro_batch_tokens) return Passes::kOneGraph;
  return algorithm_.needs().separable ? Passes::kOnePass : Passes::kTwo;
}

absl::StatusOr<StepStats> PolicyUpdate::Step(int k) {
  absl::StatusOr<StepStats> stats = RunTorch([&] { return TryStep(k); });
  if (!stats.ok()) optimizer_.ClearGradients();
  return stats;
}

absl::StatusOr<StepStats> PolicyUpdate::TryStep(int k) {
  StepStats stats;
  const absl::Time start = clock_.Now();
  const RoundPlan::Range range = plan_.GroupsOf(k);
  const StepRows rows = CollectRows(
      std::span(groups_).subspan(range.first, range.last - range.first));
  const at::Tensor advantage_B =
      algorithm_.Advantage(rows.reward_B, rows.group_B);
  const StepBatch batch =
      BuildStep(rows, RowsToRead(advantage_B), algorithm_.corruption(), k,
                plan_.steps(), options_.micro_batch_tokens);
  CountRows(rows, advantage_B, stats);
  stats.forward_tokens = static_cast<uint64_t>(batch.tokens);
  stats.seconds["batch"] = absl::ToDoubleSeconds(clock_.Now() - start);

  // Nothing read: no gradient, and no 0/0 where no completion has a reward.
  if (!batch.micro_batches.empty()) {
    const auto type =
        model_.compute_type() == at::kDouble ? at::kDouble : at::kFloat;
    const StepGradient gradient = AddGradient(
        algorithm_, model_, batch, Inputs(rows, batch, advantage_B, type),
        PassesFor(batch), clock_);
    if (!std::isfinite(gradient.loss)) return NonFinite("the loss");
    stats.loss = gradient.loss;
    stats.seconds["forward"] = absl::ToDoubleSeconds(gradient.forward);
    stats.seconds["backward"] = absl::ToDoubleSeconds(gradient.backward);
    for (const auto& [name, value] : gradient.metrics) {
      if (name == "elbo") stats.elbo = value;
      if (name == "eubo") stats.eubo = value;
      if (name == "gap") stats.gap = value;
      stats.parts[name] = value;
    }
  }

  const absl::Time before = clock_.Now();
  stats.lr = options_.lr.At(optimizer_.steps());
  const AdamW::Applied applied = optimizer_.Step(stats.lr);
  if (!applied.finite) return NonFinite("the gradient");
  stats.grad_norm = applied.grad_norm;
  stats.clipped = applied.clipped;
  stats.update_ratio = applied.update_ratio;
  stats.seconds["optimizer"] = absl::ToDoubleSeconds(clock_.Now() - before);
  return stats;
}

}  // namespace mdrl
