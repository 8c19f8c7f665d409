// What the reward service counts: scores, their time, and its queue.
//
// References into the registry, which outlives whoever holds this.
#ifndef MDRL_SERVICES_REWARD_REWARD_METRICS_H_
#define MDRL_SERVICES_REWARD_REWARD_METRICS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/metrics/registry.h"
#include "common/record/rollout_calls.h"
#include "services/reward/sandbox/program_limits.h"

namespace mdrl {

struct RewardMetrics {
  // `tasks`: all that this service scores.
  RewardMetrics(Registry& registry, const std::vector<std::string>& tasks);

  // A request of `task` was scored after `waited` in the queue, in `took`.
  void CountReply(const std::string& task, const ScoreReply& reply,
                  absl::Duration waited, absl::Duration took);

  // A program of the sandbox ended.
  void CountProgram(const ProgramResult& result);

  Counters& scores;
  Histograms& seconds;
  Gauge& queue_depth;
  Gauge& queue_capacity;
  Histogram& queue_wait;
  Counters& sandbox_kills;
  Counter& verdict_spoofs;
  Gauge& sandbox_processes;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_REWARD_METRICS_H_
