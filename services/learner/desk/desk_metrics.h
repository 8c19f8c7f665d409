// What the front desk counts: tickets, leases, submissions, rewards, workers,
// evaluations, and what the run waits for.
//
// References into the registry, which outlives whoever holds this. Thread-safe.
#ifndef MDRL_SERVICES_LEARNER_DESK_DESK_METRICS_H_
#define MDRL_SERVICES_LEARNER_DESK_DESK_METRICS_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/metrics/registry.h"
#include "common/record/group.h"
#include "common/record/reason.h"
#include "common/record/rollout_calls.h"
#include "common/record/snapshot.h"
#include "services/learner/desk/desk_calls.h"
#include "services/learner/work/ticket.h"

namespace mdrl {

struct DeskMetrics {
  // `tasks`: of the configuration. `start`: of the process.
  DeskMetrics(Registry& registry, const std::vector<std::string>& tasks,
              absl::Time start);

  // A ticket was issued or closed; its state says which.
  void CountTicket(const Ticket& ticket, absl::Time now);
  void CountLeaseEnd(const LeaseEnd& end);
  void CountSubmit(SubmitGroupReply::Outcome outcome);
  // The group of a training ticket is in the ledger.
  void CountRewards(const std::string& task, const Group& group);
  void CountEvaluation(const EvaluationView& view);
  // `parent`: what was newest before; may be null.
  void CountPublished(const Snapshot& snapshot, const Snapshot* parent);
  // A group was accepted or a step committed: the run moves.
  void NoteProgress(absl::Time now);

  // Sets the gauges to what `status` (with workers) says at `now`.
  void ShowStatus(const RunStatus& status, absl::Time now);

  Counter& leases_granted;
  Counter& leases_adopted;
  Counter& determinism_mismatches;
  Gauge& snapshots_retained;
  Gauges& prompts_left;
  Gauges& prompts_quarantined;
  Counters& worker_joins;  // cold, warm
  Histograms& worker_join_seconds;
  Counter& workers_lost;
  Gauge& groups_depth;
  Gauge& groups_capacity;
  Gauge& ledger_depth;
  Gauge& ledger_capacity;
  Gauge& staleness_bound;

  // The watchdog alarmed and found `why`.
  void CountAlarm(Reason why);

 private:
  // Metrics with labels of which only some series are public.
  struct Families {
    Counters& leases;
    Counters& lost;
    Gauges& depth;
    Gauges& capacity;
  };
  DeskMetrics(Registry& registry, const LabelSets& tasks, absl::Time start,
              const Families& families);
  void ShowWaiting(Reason why, absl::Time now);
  void ShowWorkers(const RunStatus& status);

  Counters& leases_;
  Counters& issued_;
  Counters& trained_;
  Counters& dropped_;
  Gauges& open_;
  Gauge& limit_;
  Gauge& imbalance_;
  Histogram& age_;
  Counters& submits_;
  Counters& rewards_;
  Counters& positive_;
  Counters& negative_;
  Gauges& accuracy_;
  Gauges& prompts_;
  Gauges& evaluated_version_;
  Histograms& evaluation_seconds_;
  Gauges& workers_;
  Gauges& worker_leases_;
  Gauges& worker_lag_;
  Gauges& worker_heard_;
  Gauge& version_;
  Counters& published_;
  Gauge& changed_;
  Gauges& waiting_;
  Gauge& stalled_;
  Counters& alarms_;
  std::atomic<int64_t> moved_ns_;  // since the epoch
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DESK_DESK_METRICS_H_
