// What the run is doing, and what it waits for. Answered from memory alone.

#include <utility>

#include "services/learner/desk/front_desk.h"
#include "services/learner/explain/explain.h"

namespace mdrl {

RunStatus FrontDesk::Status(bool with_workers, bool with_sets) const {
  MutexLock lock(mutex_);
  return StatusLocked(with_workers, with_sets);
}

void FrontDesk::RefreshMetrics() {
  RunStatus status;
  std::map<std::string, double> left;
  std::map<std::string, double> quarantined;
  {
    MutexLock lock(mutex_);
    status = StatusLocked(/*with_workers=*/true, /*with_sets=*/false);
    for (const auto& set : library_.sets()) {
      quarantined[set->task] += static_cast<double>(set->quarantined.size());
      if (set->state != PromptSetState::kActive) continue;
      // Sizes and the cursor alone: a scrape must not walk a million prompts.
      left[set->task] += static_cast<double>(set->count - set->cursor.position);
    }
  }
  metrics_.ShowStatus(status, clock_.Now());
  metrics_.snapshots_retained.Set(static_cast<double>(store_.retained()));
  metrics_.groups_depth.Set(static_cast<double>(buffer_.size()));
  for (const auto& [task, options] : options_.tasks) {
    metrics_.prompts_left.At({task}).Set(left[task]);
    metrics_.prompts_quarantined.At({task}).Set(quarantined[task]);
  }
}

RunStatus FrontDesk::StatusLocked(bool with_workers, bool with_sets) const {
  using State = RunStatus::State;
  const absl::Time now = clock_.Now();
  RunStatus status;
  status.run_id = options_.run_id;
  status.epoch = options_.epoch;
  status.round = buffer_.next_round() - (training_ ? 1 : 0);
  if (const auto newest = store_.Newest()) status.newest = newest->ref();
  status.tickets = table_.counts(Purpose::kTrain);
  status.ticket_limit = table_.open_limit(workers_.ReadyCapacity(now));
  status.reward_mean = reward_mean_;
  status.seq = journal_.seq();
  status.drain_checkpoint = drain_checkpoint_;
  status.phase = phases_.phase();
  status.busy = phases_.Totals(now);
  status.tokens_per_second = token_rate_.PerSecond(now);
  const Finding cause = ExplainRun(FactsLocked()).back();
  status.waits_for = cause.reason;
  status.waits_text = cause.text;
  if (!failed_.ok()) {
    status.state = State::kFailed;
  } else if (stopped_ == Reason::kFinished) {
    status.state = State::kFinished;
  } else if (draining_ || stopped_.has_value()) {
    status.state = State::kDraining;
  } else if (!table_.any_version()) {
    status.state = State::kStarting;
  } else if (paused_.has_value()) {
    status.state = State::kPaused;
  } else {
    status.state = status.waits_for == Reason::kNoPrompts ? State::kWaiting
                                                          : State::kRunning;
  }
  if (with_workers) {
    for (const Worker* worker : workers_.All()) {
      status.workers.push_back(
          {.slot = worker->slot,
           .name = worker->name,
           .state = workers_.StateOf(*worker, now),
           .active = worker->active,
           .leases = table_.held(worker->registration_id),
           .build = worker->build,
           .last_heard = now - worker->last_heard,
           .tokens_per_second = token_rate_.PerSecond(worker->slot, now),
           .busy_seconds = worker->busy_seconds,
           .phases = worker->phases});
    }
  }
  if (with_sets) {
    for (const auto& set : library_.sets()) status.sets.push_back(ViewOf(*set));
  }
  return status;
}

Reason FrontDesk::NoWorkBecauseLocked(const Worker& worker) const {
  if (worker.said != RenewRequest::Worker::kReady) {
    return Reason::kWorkerWarming;
  }
  if (journal_.full()) return Reason::kLedgerSlow;
  if (paused_.has_value()) return Reason::kPaused;
  const auto any = [](const Ticket&) { return true; };
  if (table_.held(worker.registration_id) >= worker.capacity) {
    return Reason::kDecoding;
  }
  if (table_.AnyWaiting(any)) return Reason::kScorerMissing;
  if (draining_) return Reason::kDraining;
  if (!library_.CanDraw()) return Reason::kNoPrompts;
  return Reason::kTicketsSpent;
}

}  // namespace mdrl
