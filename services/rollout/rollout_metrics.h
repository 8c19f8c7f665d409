// What a rollout worker counts: tokens, decoding, signs of collapse, where its
// time goes.
//
// References into the registry, which outlives whoever holds this.
#ifndef MDRL_SERVICES_ROLLOUT_ROLLOUT_METRICS_H_
#define MDRL_SERVICES_ROLLOUT_ROLLOUT_METRICS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/metrics/registry.h"
#include "common/record/group.h"
#include "common/record/lease.h"
#include "services/rollout/policy/policy_metrics.h"
#include "services/rollout/worker_stats.h"

namespace mdrl {

// Whether `tokens` say the same over and over: 32 or more, and fewer than a
// quarter of their runs of four are distinct. Shorter ones never count: a
// puzzle's answer repeats its few digits by nature.
bool IsRepetitive(std::span<const int32_t> tokens);

struct RolloutMetrics {
  // `tasks`: of the configuration.
  RolloutMetrics(Registry& registry, const std::vector<std::string>& tasks);

  // A group was decoded with its batch in `took`.
  void CountGroup(const Lease& lease,
                  const std::vector<Completion>& completions,
                  absl::Duration took);
  // Brings the activity counters to what the worker's own sums say.
  void RefreshBusy(const WorkerStats& stats, absl::Time now);

  PolicyMetrics policy;
  Counter& forwards;
  Histogram& decode_step_seconds;
  Gauge& occupancy;
  Gauges& queue_depth;
  Gauges& queue_capacity;
  Histogram& leases_wait;
  Histogram& scoring_wait;
  Counters& retries;  // of calls, by rpc

 private:
  RolloutMetrics(Registry& registry, const LabelSets& tasks,
                 Histograms& queue_wait);
  void CountCompletion(const std::string& task, const Completion& completion);

  Counters& tokens_;
  Counters& groups_;
  Histograms& decode_seconds_;
  Histogram& revealed_;
  Histogram& confidence_;
  Histograms& effective_;
  Counters& busy_;
  Counters& completions_;
  Counters& truncated_;
  Counters& repetitive_;
  Counters& repeated_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_ROLLOUT_METRICS_H_
