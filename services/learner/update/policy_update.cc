#include "services/learner/update/policy_update.h"

#include <cmath>
#include <span>
#include <string>
#include <utility>

#include "ATen/TensorOperators.h"
#include "ATen/ops/ones_like.h"
#include "ATen/ops/zeros_like.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/base/status_reason.h"
#include "common/tensor/torch_status.h"
#include "services/learner/update/frozen.h"

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

// A schedule that starts anew with each round also ends with it.
PolicyUpdateOptions OptionsFor(const Algorithm& algorithm,
                               PolicyUpdateOptions options) {
  if (algorithm.needs().fresh_optimizer) {
    options.lr.total_steps = options.iterations * options.minibatches;
  }
  return options;
}

// [B]: whether the rewards of a row's group differ.
at::Tensor InMixedGroup(const StepRows& rows) {
  const at::Tensor same_BB = rows.group_B.unsqueeze(1).eq(rows.group_B);
  return same_BB.logical_and(rows.reward_B.unsqueeze(1).ne(rows.reward_B))
      .any(1);
}

}  // namespace

PolicyUpdate::PolicyUpdate(const Algorithm& algorithm, const Transformer& model,
                           NamedTensors trainable, PolicyUpdateOptions options,
                           Clock& clock)
    : algorithm_(algorithm),
      model_(model),
      options_(OptionsFor(algorithm, std::move(options))),
      clock_(clock),
      optimizer_(std::move(trainable), options.adamw),
      plan_(0, options.iterations, options.minibatches) {}

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
    if (algorithm_.needs().reveals &&
        completion.reveal_step.size() != completion.tokens.size()) {
      return bad(completion.index, "its decode steps were not recorded");
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
  return RunTorch([&] { return TryBeginRound(); });
}

absl::Status PolicyUpdate::TryBeginRound() {
  const absl::Time start = clock_.Now();
  const Needs needs = algorithm_.needs();
  if (needs.fresh_optimizer) optimizer_.Reset();
  if (needs.teacher) teacher_ = Frozen(model_);
  if (needs.reference && !reference_) reference_ = ReferenceOf(model_);
  old_logp_BSL_.assign(steps(), at::Tensor());
  for (int k = 1; reads_old() && k < steps(); ++k) {
    const StepRows rows = RowsOf(k);
    const at::Tensor advantage_B =
        algorithm_.Advantage(rows.reward_B, rows.group_B);
    old_logp_BSL_[k] = ReadAll(model_, Build(rows, advantage_B, k), type());
  }
  old_seconds_ = absl::ToDoubleSeconds(clock_.Now() - start);
  return absl::OkStatus();
}

bool PolicyUpdate::reads_old() const {
  return algorithm_.needs().old || options_.measure_kl_rollout;
}

bool PolicyUpdate::copies_reference() const {
  return algorithm_.needs().reference && ReferenceIsCopy(model_);
}

NamedTensors PolicyUpdate::ReferenceWeights() const {
  return copies_reference() && reference_ ? reference_->weights()
                                          : NamedTensors();
}

absl::Status PolicyUpdate::SetReference(const NamedTensors& weights) {
  const NamedTensors& own = model_.weights();
  for (size_t i = 0; i < own.size(); ++i) {
    if (weights.size() == own.size() && weights[i].name == own[i].name &&
        weights[i].tensor.sizes() == own[i].tensor.sizes()) {
      continue;
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "reference weights: ", own[i].name, " is absent or of another shape"));
  }
  reference_ = Transformer(model_.config(), weights);
  return absl::OkStatus();
}

at::ScalarType PolicyUpdate::type() const {
  return model_.compute_type() == at::kDouble ? at::kDouble : at::kFloat;
}

StepRows PolicyUpdate::RowsOf(int k) const {
  const RoundPlan::Range range = plan_.GroupsOf(k);
  return CollectRows(
      std::span(groups_).subspan(range.first, range.last - range.first));
}

StepBatch PolicyUpdate::Build(const StepRows& rows,
                              const at::Tensor& advantage_B, int k) const {
  return BuildStep(rows, RowsToRead(rows, advantage_B), algorithm_.corruption(),
                   k, plan_.steps(), options_.micro_batch_tokens);
}

std::vector<bool> PolicyUpdate::RowsToRead(
    const StepRows& rows, const at::Tensor& advantage_B) const {
  at::Tensor read_B = advantage_B.ne(0);
  const Needs::Rows needed = algorithm_.needs().rows;
  if (!options_.skip_zero_spread || needed == Needs::Rows::kAll) {
    read_B = at::ones_like(read_B);
  } else if (needed == Needs::Rows::kOfMixedGroups) {
    read_B = InMixedGroup(rows);
  }
  const bool* const data = read_B.const_data_ptr<bool>();
  return std::vector<bool>(data, data + read_B.numel());
}

Passes PolicyUpdate::PassesFor(const StepBatch& batch) const {
  const bool fits = batch.tokens <= options_.micro_batch_tokens;
  if (fits && !teacher_) return Passes::kOneGraph;
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
  const StepRows rows = RowsOf(k);
  const at::Tensor advantage_B =
      algorithm_.Advantage(rows.reward_B, rows.group_B);
  const StepBatch batch = Build(rows, advantage_B, k);
  CountRows(rows, advantage_B, stats);
  stats.forward_tokens = static_cast<uint64_t>(batch.tokens);
  if (k == 0 && reads_old()) stats.seconds["old"] = old_seconds_;
  stats.seconds["batch"] = absl::ToDoubleSeconds(clock_.Now() - start);

  // Nothing read: no gradient, and no 0/0 where no completion has a reward.
  if (!batch.micro_batches.empty()) {
    LossInputs in = Inputs(rows, batch, advantage_B, type());
    if (old_logp_BSL_[k].defined()) in.old_logp_BSL = old_logp_BSL_[k];
    if (reference_) {
      const absl::Time before = clock_.Now();
      in.ref_logp_BSL = ReadAll(*reference_, batch, type());
      stats.seconds["reference"] = absl::ToDoubleSeconds(clock_.Now() - before);
    }
    const StepGradient gradient =
        AddGradient(algorithm_, model_, teacher_ ? &*teacher_ : nullptr, batch,
                    std::move(in), PassesFor(batch), clock_);
    if (!std::isfinite(gradient.loss)) return NonFinite("the loss");
    stats.loss = gradient.loss;
    stats.seconds["forward"] = absl::ToDoubleSeconds(gradient.forward);
    stats.seconds["backward"] = absl::ToDoubleSeconds(gradient.backward);
    for (const auto& [name, value] : gradient.metrics) {
      if (name == "elbo") stats.elbo = value;
      if (name == "eubo") stats.eubo = value;
      if (name == "gap") stats.gap = value;
      if (std::isfinite(value)) stats.parts[name] = value;
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
