#include "services/reward/reward_metrics.h"

#include <utility>

#include "common/record/outcome.h"

namespace mdrl {

RewardMetrics::RewardMetrics(Registry& registry,
                             const std::vector<std::string>& tasks)
    : scores(
          registry.AddCounters("mdrl_reward_scores_total", {{"task", tasks}})),
      seconds(registry.AddHistograms("mdrl_reward_seconds", {{"task", tasks}})),
      queue_depth(registry.AddGauges("mdrl_queue_depth").At({"scoring"})),
      queue_capacity(registry.AddGauges("mdrl_queue_capacity").At({"scoring"})),
      queue_wait(
          registry.AddHistograms("mdrl_queue_wait_seconds").At({"scoring"})),
      sandbox_kills(registry.AddCounters("mdrl_reward_sandbox_kills_total")),
      verdict_spoofs(registry.AddCounter("mdrl_reward_verdict_spoofs_total")),
      sandbox_processes(registry.AddGauge("mdrl_reward_sandbox_processes")) {}

void RewardMetrics::CountReply(const std::string& task, const ScoreReply& reply,
                               absl::Duration waited, absl::Duration took) {
  for (const ScoreReply::Item& item : reply.items) {
    scores.At({task, OutcomeLabel(item.score.outcome)}).Increment();
  }
  seconds.At({task, "queue"}).Observe(waited);
  seconds.At({task, "run"}).Observe(took);
  queue_wait.Observe(waited);
}

void RewardMetrics::CountProgram(const ProgramResult& result) {
  using Kill = ProgramResult::Kill;
  constexpr std::pair<Kill, const char*> kReasons[] = {
      {Kill::kWall, "wall"},
      {Kill::kCpu, "cpu"},
      {Kill::kMemory, "memory"},
      {Kill::kOutput, "output"}};
  for (const auto& [kill, reason] : kReasons) {
    if (kill == result.kill) sandbox_kills.At({reason}).Increment();
  }
  if (result.spoofed) verdict_spoofs.Increment();
}

}  // namespace mdrl
