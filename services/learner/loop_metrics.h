// What the learner's loop counts: steps, rounds, losses, phases, checkpoints.
//
// References into the registry, which outlives whoever holds this. Thread-safe.
#ifndef MDRL_SERVICES_LEARNER_LOOP_METRICS_H_
#define MDRL_SERVICES_LEARNER_LOOP_METRICS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/metrics/registry.h"
#include "common/record/step_stats.h"
#include "services/learner/buffer/group_buffer.h"
#include "services/learner/desk/desk_metrics.h"

namespace mdrl {

struct LoopMetrics {
  // `tasks`: of the configuration. `start`: of the process. `desk` is told
  // that the run moves; it outlives this.
  LoopMetrics(Registry& registry, const std::vector<std::string>& tasks,
              absl::Time start, DeskMetrics& desk);

  // A round was taken whose steps are `steps` each.
  void CountRound(const RoundGroups& round, uint64_t steps);
  // A step of `round` was committed as number `step`.
  void CountStep(const RoundGroups& round, uint64_t step,
                 const StepStats& stats, absl::Time now);
  // A step that was not applied, with the update's error.
  void CountNonFinite(const absl::Status& status);
  void CountRoundTrained(uint64_t rounds);
  void CountCheckpoint(const absl::Status& status, uint64_t bytes,
                       absl::Time now);
  void ShowReplay(uint64_t rounds, absl::Duration took);

  Histograms& phase_seconds;
  Histograms& snapshot_seconds;  // copy, hash, canary
  Histograms& checkpoint_seconds;

 private:
  void CountSpread(const ScoredGroup& group);
  void ShowRewards(const RoundGroups& round);

  DeskMetrics& desk_;
  Gauge& step_;
  Gauge& round_;
  Counter& steps_;
  Counter& rounds_;
  Gauge& last_step_;
  Counters& tokens_;
  Counters& completions_;
  Counters& groups_;
  Gauge& loss_;
  Gauges& loss_part_;
  Gauge& elbo_;
  Gauge& eubo_;
  Gauges& gap_;
  Gauge& advantage_abs_;
  Gauge& advantage_stddev_;
  Gauge& grad_norm_;
  Gauge& update_ratio_;
  Gauge& learning_rate_;
  Counter& clipped_;
  Counters& nonfinite_;
  Gauges& reward_mean_;
  Gauges& reward_stddev_;
  Gauges& reward_component_;
  Histogram& staleness_versions_;
  Histogram& staleness_steps_;
  Histogram& version_span_;
  Gauge& last_checkpoint_;
  Gauge& checkpoint_bytes_;
  Counters& checkpoint_failures_;
  Gauge& replay_seconds_;
  Gauge& replay_rounds_;
};

// Observes its own lifetime; nothing where there are no metrics.
class PhaseTimer {
 public:
  // `family` may be null.
  PhaseTimer(Histograms* family, std::string_view value)
      : family_(family), value_(value), start_(Clock::Real().Now()) {}
  ~PhaseTimer() {
    if (family_ != nullptr) {
      family_->At({value_}).Observe(Clock::Real().Now() - start_);
    }
  }
  PhaseTimer(const PhaseTimer&) = delete;
  PhaseTimer& operator=(const PhaseTimer&) = delete;

 private:
  Histograms* const family_;
  const std::string_view value_;
  const absl::Time start_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LOOP_METRICS_H_
