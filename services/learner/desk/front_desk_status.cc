// What the run is doing, and what it waits for. Answered from memory alone.

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/learner/desk/front_desk.h"

namespace mdrl {

RunStatus FrontDesk::Status(bool with_workers, bool with_sets) const {
  MutexLock lock(mutex_);
  return StatusLocked(with_workers, with_sets);
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
  std::tie(status.waits_for, status.waits_text) = WaitsForLocked();
  if (!failed_.ok()) {
    status.state = State::kFailed;
  } else if (stopped_ == Reason::kFinished) {
    status.state = State::kFinished;
  } else if (draining_ || stopped_.has_value()) {
    status.state = State::kDraining;
  } else if (!table_.any_version()) {
    status.state = State::kStarting;
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

std::pair<Reason, std::string> FrontDesk::WaitsForLocked() const {
  if (!failed_.ok()) {
    return {Reason::kInternal, std::string(failed_.message())};
  }
  if (stopped_ == Reason::kFinished) {
    return {Reason::kFinished, "the run is finished"};
  }
  if (stopped_.has_value()) return {*stopped_, "the learner is stopping"};
  if (journal_.full()) {
    return {Reason::kLedgerSlow, "the ledger does not take new rows"};
  }
  if (training_) {
    return {Reason::kStepRunning,
            absl::StrCat("round ", buffer_.next_round() - 1, " is training")};
  }
  if (!table_.any_version()) {
    return {Reason::kUnspecified, "the first policy is not published yet"};
  }
  const uint64_t ready = buffer_.ready_for_next();
  const std::string round =
      absl::StrCat("round ", buffer_.next_round(), " has ", ready, " of ",
                   options_.groups_per_round, " groups");
  const uint64_t open = table_.counts(Purpose::kTrain).open_total();
  if (open == 0 && draining_) {
    return {Reason::kDraining, "every open ticket is trained"};
  }
  if (ready < options_.groups_per_round && open == buffer_.size() &&
      !library_.CanDraw()) {
    return {Reason::kNoPrompts,
            absl::StrCat(round,
                         "; no active prompt set has a prompt to give: "
                         "submit one")};
  }
  return WaitsForWorkersLocked(round);
}

std::pair<Reason, std::string> FrontDesk::WaitsForWorkersLocked(
    const std::string& round) const {
  const absl::Time now = clock_.Now();
  uint64_t warming = 0;
  uint64_t ready = 0;
  for (const Worker* worker : workers_.All()) {
    const WorkerState state = workers_.StateOf(*worker, now);
    warming += state == WorkerState::kWarming;
    ready += state == WorkerState::kReady;
  }
  if (ready == 0 && warming == 0) {
    return {Reason::kNoWorker,
            absl::StrCat(round, "; no rollout worker is registered")};
  }
  if (ready == 0) {
    return {Reason::kWorkerWarming,
            absl::StrCat(round, "; ", warming, " workers are warming up")};
  }
  for (const Worker* worker : workers_.All()) {
    if (workers_.StateOf(*worker, now) != WorkerState::kReady) continue;
    const auto can_do = [&](const Ticket& ticket) MDRL_REQUIRES(mutex_) {
      return CanDoLocked(*worker, ticket);
    };
    if (table_.AnyWaiting(can_do) || table_.held(worker->registration_id) > 0) {
      return {Reason::kDecoding, absl::StrCat(round, "; workers are decoding")};
    }
  }
  if (table_.waiting(Purpose::kTrain) > 0) {
    return {Reason::kScorerMissing,
            absl::StrCat(round,
                         "; no ready worker has a scorer for the task "
                         "and rubric of the waiting tickets")};
  }
  return {Reason::kDecoding, round};
}

Reason FrontDesk::NoWorkBecauseLocked(const Worker& worker) const {
  if (worker.said != RenewRequest::Worker::kReady) {
    return Reason::kWorkerWarming;
  }
  if (journal_.full()) return Reason::kLedgerSlow;
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
