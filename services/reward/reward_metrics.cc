#include "services/reward/reward_metrics.h"

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
          registry.AddHistograms("mdrl_queue_wait_seconds").At({"scoring"})) {}

void RewardMetrics::CountReply(const std::string& task, const ScoreReply& reply,
                               absl::Duration waited, absl::Duration took) {
  for (const ScoreReply::Item& item : reply.items) {
    scores.At({task, OutcomeLabel(item.score.outcome)}).Increment();
  }
  seconds.At({task, "queue"}).Observe(waited);
  seconds.At({task, "run"}).Observe(took);
  queue_wait.Observe(waited);
}

}  // namespace mdrl
