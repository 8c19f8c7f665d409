// The learner's loop: tickets, rounds, publications.

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "nlohmann/json.hpp"
#include "services/learner/desk/front_desk.h"

namespace mdrl {

void FrontDesk::IssueLocked() {
  FillVacantLocked();
  const uint64_t capacity = workers_.ReadyCapacity(clock_.Now());
  while (std::optional<Ticket> ticket = table_.NextTraining(capacity)) {
    const std::optional<Occurrence> of = library_.Draw(ticket->id.number);
    if (!of.has_value()) return;
    ticket->of = *of;
    ticket->task = library_.Find(of->set_sha256)->task;
    ticket->issued = clock_.Now();
    TicketIssued row;
    row.ticket = ticket->id;
    row.group_id = of->group_id;
    row.set_sha256 = of->set_sha256;
    row.index = of->index;
    row.occurrence = of->occurrence;
    row.due_round = ticket->due_round;
    row.min_version = ticket->min_version;
    row.exact = true;
    journal_.Add(std::move(row));
    JournalCursorLocked(of->set_sha256);
    table_.Issue(*std::move(ticket));
  }
}

void FrontDesk::JournalCursorLocked(const Digest& set_sha256) {
  const PromptCursor& cursor = library_.Find(set_sha256)->cursor;
  journal_.Add(PromptSetCursor{
      .sha256 = set_sha256, .pass = cursor.pass, .cursor = cursor.position});
}

void FrontDesk::FillVacantLocked() {
  for (const TicketId& id : table_.Vacant()) {
    const std::optional<Occurrence> of = library_.Draw(id.number);
    if (!of.has_value()) return;
    journal_.Add(TicketPromptReplaced{.ticket = id,
                                      .group_id = of->group_id,
                                      .set_sha256 = of->set_sha256,
                                      .index = of->index,
                                      .occurrence = of->occurrence});
    JournalCursorLocked(of->set_sha256);
    table_.Replace(id, *of, library_.Find(of->set_sha256)->task);
  }
}

absl::StatusOr<RoundGroups> FrontDesk::TakeRound() {
  EnterPhase(LoopPhase::kWaitGroups, "");
  absl::StatusOr<RoundGroups> round = buffer_.TakeRound();
  if (round.ok()) {
    const absl::Status resumed = AwaitResumed();
    if (!resumed.ok()) return resumed;
  }
  MutexLock lock(mutex_);
  if (!failed_.ok()) return failed_;
  if (!round.ok()) return round.status();
  table_.BeginRound(round->round);
  training_ = true;
  phases_.Enter(LoopPhase::kTraining, absl::StrCat("round ", round->round),
                clock_.Now());
  std::map<std::string, std::pair<double, uint64_t>> sums;
  for (const ScoredGroup& group : round->groups) {
    for (const Completion& completion : group.group.completions) {
      if (!completion.score.reward.has_value()) continue;
      sums[group.prompt.task].first += *completion.score.reward;
      ++sums[group.prompt.task].second;
    }
  }
  for (const auto& [task, sum] : sums) {
    reward_mean_[task] = sum.first / static_cast<double>(sum.second);
  }
  return round;
}

void FrontDesk::OnRoundTrained(uint64_t round) {
  MutexLock lock(mutex_);
  const uint64_t first = round * options_.groups_per_round;
  for (uint64_t n = first; n < first + options_.groups_per_round; ++n) {
    const Ticket* ticket = table_.Find({Purpose::kTrain, n});
    if (ticket != nullptr) library_.CountTrained(ticket->of.set_sha256);
  }
  table_.FinishRound(round);
  training_ = false;
  phases_.Enter(LoopPhase::kPublishing, absl::StrCat("version ", round + 1),
                clock_.Now());
  ++progress_.steps;
  NoteRoundLocked(round);
  journal_.Flush();
}

void FrontDesk::NoteRoundLocked(uint64_t round) {
  const absl::Time now = clock_.Now();
  nlohmann::json body = {{"tokens_per_second", token_rate_.PerSecond(now)}};
  for (const auto& [task, mean] : reward_mean_) {
    body[absl::StrCat("reward.", task)] = mean;
  }
  for (const auto& [phase, took] : phases_.TakeLap(now)) {
    body[absl::StrCat("seconds.", std::string(LoopPhaseName(phase)))] =
        absl::ToDoubleSeconds(took);
  }
  journal_.Add(EventNoted{.kind = "round_trained",
                          .subject = absl::StrCat(round),
                          .body = body.dump()});
}

void FrontDesk::EnterPhase(LoopPhase phase, std::string detail) {
  MutexLock lock(mutex_);
  phases_.Enter(phase, std::move(detail), clock_.Now());
  ++progress_.steps;
}

void FrontDesk::Publish(std::shared_ptr<const Snapshot> snapshot) {
  const Version version = snapshot->manifest.version;
  metrics_.CountPublished(*snapshot, store_.Newest().get());
  store_.Publish(std::move(snapshot));
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    table_.SetNewest(version);
    phases_.Enter(LoopPhase::kWaitGroups, "", clock_.Now());
    IssueLocked();
    PumpLocked(outbox);
    journal_.Flush();
  }
  RunAll(outbox);
}

void FrontDesk::EndRoundsLocked(Outbox& outbox) {
  table_.NoMoreTickets();
  const uint64_t end = table_.FirstUnfillableRound();
  buffer_.EndAt(end);
  // Tickets of a round that will never be whole.
  for (uint64_t n = end * options_.groups_per_round;
       table_.Find({Purpose::kTrain, n}) != nullptr; ++n) {
    const TicketId id{Purpose::kTrain, n};
    table_.Drop(id, Reason::kDraining);
    journal_.Add(TicketDropped{.ticket = id, .reason = Reason::kDraining});
  }
  PumpLocked(outbox);
}

absl::StatusOr<SnapshotStore::WatcherId> FrontDesk::WatchPolicy(
    const Caller& caller) {
  MutexLock lock(mutex_);
  const absl::Status serving = ServingLocked();
  if (!serving.ok()) return serving;
  if (!caller.registration_id.IsZero()) {
    const auto worker = workers_.Hear(caller, clock_.Now());
    if (!worker.ok()) return worker.status();
  }
  return store_.AddWatcher();
}

absl::Status FrontDesk::AwaitPrompts() {
  EnterPhase(LoopPhase::kWaitGroups, "");
  MutexLock lock(mutex_);
  while (!stopped_.has_value() && failed_.ok() && library_.sets().empty()) {
    changed_.Wait(mutex_);
  }
  if (!failed_.ok()) return failed_;
  if (stopped_.has_value()) {
    return absl::CancelledError("the learner is stopping");
  }
  return absl::OkStatus();
}

absl::StatusOr<EvaluationView> FrontDesk::AwaitEvaluation(
    const EvaluationId& id) {
  MutexLock lock(mutex_);
  while (true) {
    const EvaluationView* view = evaluations_.Find(id);
    if (view == nullptr) {
      return absl::NotFoundError(
          absl::StrCat("no evaluation ", id.ToHex(6), " in this epoch"));
    }
    if (view->state >= EvaluationView::State::kDone) return *view;
    if (!failed_.ok()) return failed_;
    if (stopped_.has_value()) {
      return absl::CancelledError("the learner is stopping");
    }
    changed_.Wait(mutex_);
  }
}

}  // namespace mdrl
