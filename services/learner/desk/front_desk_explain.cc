// The picture of the run that Explain and the status read; from memory alone.

#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/learner/desk/front_desk.h"
#include "services/learner/explain/explain.h"

namespace mdrl {
namespace {

// A commit that takes longer than this is waited for.
constexpr absl::Duration kLedgerSlowAfter = absl::Seconds(2);

std::string_view LevelName(FindingLevel level) {
  switch (level) {
    case FindingLevel::kSlow:
      return "SLOW";
    case FindingLevel::kStuck:
      return "STUCK";
    case FindingLevel::kNormal:
      break;
  }
  return "NORMAL";
}

}  // namespace

absl::StatusOr<ExplainView> FrontDesk::Explain(
    const std::string& subject) const {
  RunFacts facts;
  {
    MutexLock lock(mutex_);
    facts = FactsLocked();
  }
  auto chain = mdrl::Explain(facts, subject);
  if (!chain.ok()) return chain.status();
  return ExplainView{.chain = *std::move(chain), .seq = facts.seq};
}

RunFacts FrontDesk::FactsLocked() const {
  const absl::Time now = clock_.Now();
  RunFacts facts;
  if (!failed_.ok()) facts.failure = std::string(failed_.message());
  facts.stopped = stopped_;
  facts.draining = draining_;
  if (paused_.has_value()) {
    facts.paused = true;
    facts.paused_why = paused_->why;
    facts.paused_for = now - paused_->since;
  }
  facts.phase = phases_.phase();
  facts.phase_detail = phases_.detail();
  facts.phase_for = now - phases_.since();
  facts.phase_longest = phases_.LongestStay(phases_.phase());
  LedgerFactsLocked(now, facts);
  facts.seq = journal_.seq();
  facts.any_version = table_.any_version();
  facts.round = buffer_.next_round() - (training_ ? 1 : 0);
  facts.groups_per_round = options_.groups_per_round;
  facts.groups_ready =
      training_ ? options_.groups_per_round : buffer_.ready_for_next();
  facts.can_draw = library_.CanDraw();
  facts.usual_group = table_.UsualGroup();
  facts.tickets = table_.Facts(now);
  for (TicketFacts& ticket : facts.tickets) {
    ticket.rubric = RubricOf(ticket.id.purpose, ticket.task);
  }
  for (const Worker* worker : workers_.All()) {
    facts.workers.push_back({.slot = worker->slot,
                             .name = worker->name,
                             .state = workers_.StateOf(*worker, now),
                             .heard_ago = now - worker->last_heard,
                             .registered_ago = now - worker->registered,
                             .capacity = worker->capacity,
                             .leases = table_.held(worker->registration_id),
                             .scorers = worker->scorers,
                             .staging = worker->staging});
  }
  for (const auto& [name, refused] : refused_) {
    facts.refused.push_back({.name = name,
                             .text = std::string(refused.why.message()),
                             .ago = now - refused.time});
  }
  for (const auto& set : library_.sets()) {
    facts.sets.push_back(
        {.sha256 = set->sha256,
         .name = set->name,
         .task = set->task,
         .state = set->state,
         .count = set->count,
         .over_length = set->over_length_count,
         .quarantined = {set->quarantined.begin(), set->quarantined.end()},
         .issued = set->issued,
         .trained = set->trained});
  }
  facts.no_ready_worker_for = now - last_ready_;
  facts.lease_for = options_.lease_for;
  facts.stall = options_.stall;
  facts.warmup = options_.warmup;
  return facts;
}

void FrontDesk::LedgerFactsLocked(absl::Time now, RunFacts& facts) const {
  if (!ledger_behind_since_.has_value()) return;
  facts.ledger_for = now - *ledger_behind_since_;
  if (ledger_.failing() != Reason::kUnspecified) {
    facts.ledger = ledger_.failing();
  } else if (journal_.full() || facts.ledger_for > kLedgerSlowAfter) {
    facts.ledger = Reason::kLedgerSlow;
  }
}

void FrontDesk::ObserveLocked(absl::Time now) {
  if (workers_.ReadyCapacity(now) > 0) last_ready_ = now;
  // A write that is under way, and was so at the last tick, has not moved.
  const bool behind = ledger_.failing() != Reason::kUnspecified ||
                      journal_.full() ||
                      (journal_.under_way() && journal_.seq() == observed_seq_);
  observed_seq_ = journal_.seq();
  if (!behind) {
    ledger_behind_since_.reset();
  } else if (!ledger_behind_since_.has_value()) {
    ledger_behind_since_ = now;
  }
}

Watchdog::Progress FrontDesk::Progress() const {
  MutexLock lock(mutex_);
  return progress_;
}

void FrontDesk::NoteStandstill(const std::string& kind,
                               const FindingChain& chain,
                               absl::Duration standstill) {
  const Finding& cause = chain.back();
  if (kind == "alarm") metrics_.CountAlarm(cause.reason);
  MutexLock lock(mutex_);
  journal_.Add(EventNoted{
      .kind = kind,
      .subject = cause.subject,
      .body =
          nlohmann::json({{"reason", std::string(ReasonName(cause.reason))},
                          {"level", std::string(LevelName(cause.level))},
                          {"owner", cause.owner},
                          {"text", cause.text},
                          {"next", cause.next},
                          {"seconds", absl::ToDoubleSeconds(standstill)}})
              .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)});
  journal_.Flush();
}

void FrontDesk::Fail(const absl::Status& why) {
  MutexLock lock(mutex_);
  BreakLocked(why);
}

}  // namespace mdrl
