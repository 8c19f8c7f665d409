#include "services/rollout/rollout_metrics.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>

namespace mdrl {
namespace {

constexpr size_t kRun = 4;
constexpr size_t kShortest = 32;

std::string_view PurposeWord(Purpose purpose) {
  switch (purpose) {
    case Purpose::kEvaluate:
      return "evaluate";
    case Purpose::kGenerate:
      return "generate";
    default:
      return "train";
  }
}

std::span<const int32_t> Effective(const Completion& completion) {
  return std::span(completion.tokens)
      .first(std::min<size_t>(completion.effective_tokens,
                              completion.tokens.size()));
}

}  // namespace

bool IsRepetitive(std::span<const int32_t> tokens) {
  if (tokens.size() < kShortest) return false;
  std::set<std::array<int32_t, kRun>> distinct;
  const size_t runs = tokens.size() - kRun + 1;
  for (size_t i = 0; i < runs; ++i) {
    distinct.insert({tokens[i], tokens[i + 1], tokens[i + 2], tokens[i + 3]});
  }
  return 4 * distinct.size() < runs;
}

RolloutMetrics::RolloutMetrics(Registry& registry,
                               const std::vector<std::string>& tasks)
    : RolloutMetrics(registry, LabelSets{{"task", tasks}},
                     registry.AddHistograms("mdrl_queue_wait_seconds")) {}

RolloutMetrics::RolloutMetrics(Registry& registry, const LabelSets& tasks,
                               Histograms& queue_wait)
    : policy(registry),
      forwards(registry.AddCounter("mdrl_rollout_forwards_total")),
      decode_step_seconds(
          registry.AddHistogram("mdrl_rollout_decode_step_seconds")),
      occupancy(registry.AddGauge("mdrl_rollout_batch_occupancy_ratio")),
      queue_depth(registry.AddGauges("mdrl_queue_depth")),
      queue_capacity(registry.AddGauges("mdrl_queue_capacity")),
      leases_wait(queue_wait.At({"leases"})),
      scoring_wait(queue_wait.At({"scoring"})),
      retries(registry.AddCounters(
          "mdrl_grpc_client_retries_total",
          {{"rpc",
            {"Register", "Lease", "Renew", "SubmitGroup", "ReturnLease",
             "GetManifest", "FetchChunks", "Score", "ListTasks"}}})),
      tokens_(registry.AddCounters("mdrl_rollout_tokens_total")),
      groups_(registry.AddCounters("mdrl_rollout_groups_total")),
      decode_seconds_(
          registry.AddHistograms("mdrl_rollout_decode_seconds", tasks)),
      revealed_(registry.AddHistogram("mdrl_rollout_revealed_per_forward")),
      confidence_(registry.AddHistogram("mdrl_rollout_reveal_confidence")),
      effective_(
          registry.AddHistograms("mdrl_rollout_effective_tokens", tasks)),
      busy_(registry.AddCounters("mdrl_rollout_busy_seconds_total")),
      completions_(
          registry.AddCounters("mdrl_rollout_completions_total", tasks)),
      truncated_(registry.AddCounters("mdrl_rollout_truncated_total", tasks)),
      repetitive_(registry.AddCounters("mdrl_rollout_repetitive_total", tasks)),
      repeated_(registry.AddCounters("mdrl_rollout_repeated_in_group_total",
                                     tasks)) {}

void RolloutMetrics::CountGroup(const Lease& lease,
                                const std::vector<Completion>& completions,
                                absl::Duration took) {
  const std::string& task = lease.prompt.task;
  groups_.At({PurposeWord(lease.purpose)}).Increment();
  decode_seconds_.At({task}).Observe(took);
  std::set<std::vector<int32_t>> seen;
  for (const Completion& completion : completions) {
    CountCompletion(task, completion);
    const std::span<const int32_t> tokens = Effective(completion);
    if (!seen.insert({tokens.begin(), tokens.end()}).second) {
      repeated_.At({task}).Increment();
    }
  }
}

void RolloutMetrics::CountCompletion(const std::string& task,
                                     const Completion& completion) {
  completions_.At({task}).Increment();
  tokens_.At({"canvas"})
      .Increment(static_cast<double>(completion.tokens.size()));
  tokens_.At({"effective"}).Increment(completion.effective_tokens);
  effective_.At({task}).Observe(completion.effective_tokens);
  if (completion.truncated) truncated_.At({task}).Increment();
  if (IsRepetitive(Effective(completion))) repetitive_.At({task}).Increment();
  std::map<uint16_t, uint64_t> revealed;
  for (size_t i = 0; i < completion.reveal_step.size(); ++i) {
    if (completion.reveal_step[i] == kNeverRevealed) continue;
    ++revealed[completion.reveal_step[i]];
    if (i < completion.confidence.size()) {
      confidence_.Observe(std::max(0.0f, completion.confidence[i]));
    }
  }
  for (const auto& [step, positions] : revealed) {
    revealed_.Observe(static_cast<double>(positions));
  }
}

void RolloutMetrics::RefreshBusy(const WorkerStats& stats, absl::Time now) {
  for (const auto& [activity, seconds] : BusySeconds(stats, now)) {
    Counter& counter = busy_.At({activity});
    counter.Increment(std::max(0.0, seconds - counter.value()));
  }
}

}  // namespace mdrl
