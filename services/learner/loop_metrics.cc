#include "services/learner/loop_metrics.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "common/base/error.h"
#include "services/learner/task_rewards.h"

namespace mdrl {
namespace {

double Seconds(absl::Time time) {
  return absl::ToDoubleSeconds(time - absl::UnixEpoch());
}

// The one task of the round's groups, if there is but one.
std::optional<std::string> OnlyTask(const RoundGroups& round) {
  if (round.groups.empty()) return std::nullopt;
  const std::string& task = round.groups.front().prompt.task;
  for (const ScoredGroup& group : round.groups) {
    if (group.prompt.task != task) return std::nullopt;
  }
  return task;
}

}  // namespace

LoopMetrics::LoopMetrics(Registry& registry,
                         const std::vector<std::string>& task_names,
                         absl::Time start, DeskMetrics& desk)
    : phase_seconds(registry.AddHistograms("mdrl_learner_phase_seconds")),
      snapshot_seconds(registry.AddHistograms(
          "mdrl_snapshot_seconds", {{"stage", {"copy", "hash", "canary"}}})),
      checkpoint_seconds(registry.AddHistograms("mdrl_checkpoint_seconds")),
      desk_(desk),
      step_(registry.AddGauge("mdrl_learner_step")),
      round_(registry.AddGauge("mdrl_learner_round")),
      steps_(registry.AddCounter("mdrl_learner_steps_total")),
      rounds_(registry.AddCounter("mdrl_learner_rounds_total")),
      last_step_(registry.AddGauge("mdrl_learner_last_step_timestamp_seconds")),
      tokens_(registry.AddCounters("mdrl_learner_tokens_total")),
      completions_(registry.AddCounters("mdrl_learner_completions_total")),
      groups_(registry.AddCounters("mdrl_learner_groups_total")),
      loss_(registry.AddGauge("mdrl_learner_loss")),
      loss_part_(registry.AddGauges("mdrl_learner_loss_part")),
      elbo_(registry.AddGauge("mdrl_learner_elbo_nats_per_token")),
      eubo_(registry.AddGauge("mdrl_learner_eubo_nats_per_token")),
      gap_(registry.AddGauges("mdrl_learner_bound_gap_nats_per_token",
                              {{"task", task_names}})),
      advantage_abs_(registry.AddGauge("mdrl_learner_advantage_abs_mean")),
      advantage_stddev_(registry.AddGauge("mdrl_learner_advantage_stddev")),
      grad_norm_(registry.AddGauge("mdrl_learner_grad_norm")),
      update_ratio_(registry.AddGauge("mdrl_learner_update_norm_ratio")),
      learning_rate_(registry.AddGauge("mdrl_learner_learning_rate")),
      clipped_(registry.AddCounter("mdrl_learner_grad_clipped_steps_total")),
      nonfinite_(registry.AddCounters("mdrl_learner_nonfinite_steps_total")),
      reward_mean_(registry.AddGauges("mdrl_learner_reward_mean",
                                      {{"task", task_names}})),
      reward_stddev_(registry.AddGauges("mdrl_learner_reward_stddev",
                                        {{"task", task_names}})),
      reward_component_(
          registry.AddGauges("mdrl_learner_reward_component_mean")),
      staleness_versions_(registry.AddHistogram("mdrl_staleness_versions")),
      staleness_steps_(registry.AddHistogram("mdrl_staleness_steps")),
      version_span_(registry.AddHistogram("mdrl_group_version_span")),
      last_checkpoint_(
          registry.AddGauge("mdrl_checkpoint_last_success_timestamp_seconds")),
      checkpoint_bytes_(registry.AddGauge("mdrl_checkpoint_bytes")),
      checkpoint_failures_(
          registry.AddCounters("mdrl_checkpoint_failures_total")),
      replay_seconds_(registry.AddGauge("mdrl_replay_seconds")),
      replay_rounds_(registry.AddGauge("mdrl_replay_rounds")) {
  last_step_.Set(Seconds(start));
  last_checkpoint_.Set(Seconds(start));
}

void LoopMetrics::CountRound(const RoundGroups& round, uint64_t steps) {
  for (const ScoredGroup& scored : round.groups) {
    uint64_t oldest = round.round;
    uint64_t newest = 0;
    for (const Completion& completion : scored.group.completions) {
      for (const VersionSpan& span : completion.versions) {
        oldest = std::min(oldest, span.version);
        newest = std::max(newest, span.version);
      }
    }
    const uint64_t lag = round.round - oldest;
    staleness_versions_.Observe(static_cast<double>(lag));
    staleness_steps_.Observe(static_cast<double>(lag * steps));
    version_span_.Observe(
        static_cast<double>(newest - std::min(newest, oldest)));
    CountSpread(scored);
  }
  ShowRewards(round);
}

void LoopMetrics::CountSpread(const ScoredGroup& scored) {
  std::optional<double> first;
  bool mixed = false;
  bool all_correct = true;
  bool all_wrong = true;
  for (const Completion& completion : scored.group.completions) {
    const std::optional<double>& reward = completion.score.reward;
    if (!reward.has_value()) continue;
    mixed |= first.has_value() && *first != *reward;
    first = reward;
    all_correct &= completion.score.correct == true;
    all_wrong &= completion.score.correct == false;
  }
  groups_
      .At({mixed         ? "mixed"
           : all_correct ? "all_correct"
           : all_wrong   ? "all_wrong"
                         : "equal"})
      .Increment();
}

void LoopMetrics::ShowRewards(const RoundGroups& round) {
  for (const auto& [task, reward] : RewardsByTask(round)) {
    reward_mean_.At({task}).Set(reward.mean);
    reward_stddev_.At({task}).Set(reward.stddev);
    for (const auto& [component, mean] : reward.components) {
      reward_component_.At({task, component}).Set(mean);
    }
  }
}

void LoopMetrics::CountStep(const RoundGroups& round, uint64_t step,
                            const StepStats& stats, absl::Time now) {
  desk_.NoteProgress(now);
  steps_.Increment();
  step_.Set(static_cast<double>(step + 1));
  last_step_.Set(Seconds(now));
  tokens_.At({"trained"}).Increment(static_cast<double>(stats.tokens));
  tokens_.At({"forward"}).Increment(static_cast<double>(stats.forward_tokens));
  completions_.At({"positive"}).Increment(static_cast<double>(stats.positive));
  completions_.At({"negative"}).Increment(static_cast<double>(stats.negative));
  completions_.At({"zero"}).Increment(static_cast<double>(stats.zero));
  loss_.Set(stats.loss);
  for (const auto& [part, value] : stats.parts)
    loss_part_.At({part}).Set(value);
  if (stats.elbo.has_value()) elbo_.Set(*stats.elbo);
  if (stats.eubo.has_value()) eubo_.Set(*stats.eubo);
  const std::optional<std::string> task = OnlyTask(round);
  if (stats.gap.has_value() && task.has_value()) {
    gap_.At({*task}).Set(*stats.gap);
  }
  advantage_abs_.Set(stats.advantage_abs);
  advantage_stddev_.Set(stats.advantage_stddev);
  grad_norm_.Set(stats.grad_norm);
  update_ratio_.Set(stats.update_ratio);
  learning_rate_.Set(stats.lr);
  if (stats.clipped) clipped_.Increment();
  for (const auto& [phase, seconds] : stats.seconds) {
    // The update names its phases as the table does; others are its own.
    if (phase == "batch" || phase == "forward" || phase == "backward" ||
        phase == "optimizer") {
      phase_seconds.At({phase}).Observe(std::max(0.0, seconds));
    }
  }
}

void LoopMetrics::CountNonFinite(const absl::Status& status) {
  nonfinite_
      .At({absl::StrContains(status.message(), "gradient is") ? "gradient"
                                                              : "loss"})
      .Increment();
}

void LoopMetrics::CountRoundTrained(uint64_t rounds) {
  rounds_.Increment();
  round_.Set(static_cast<double>(rounds));
}

void LoopMetrics::CountCheckpoint(const absl::Status& status, uint64_t bytes,
                                  absl::Time now) {
  if (!status.ok()) {
    checkpoint_failures_
        .At({ReasonOf(status) == reason::kDiskFull ? "disk_full" : "internal"})
        .Increment();
    return;
  }
  last_checkpoint_.Set(Seconds(now));
  checkpoint_bytes_.Set(static_cast<double>(bytes));
}

void LoopMetrics::ShowReplay(uint64_t rounds, absl::Duration took) {
  replay_rounds_.Set(static_cast<double>(rounds));
  replay_seconds_.Set(absl::ToDoubleSeconds(took));
}

}  // namespace mdrl
