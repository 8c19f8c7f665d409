// A run goes on: library, tickets, leases and buffer as the ledger knew them.

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/philox.h"
#include "common/base/status_macros.h"
#include "services/learner/desk/front_desk.h"
#include "services/learner/ledger/recovery.h"

namespace mdrl {
namespace {

PromptSet SetOf(const StoredPromptSet& stored) {
  const PromptSetAdded& added = stored.added;
  PromptSet set{.sha256 = added.sha256,
                .name = added.name,
                .task = added.task,
                .state = added.state,
                .weight = added.weight > 0.0
                              ? std::optional<double>(added.weight)
                              : std::nullopt,
                .cursor = {.pass = stored.pass, .position = stored.cursor},
                .issued = stored.issued,
                .trained = stored.trained,
                .count = added.count};
  for (const uint64_t index : stored.over_length) set.MarkOverLength(index);
  set.quarantined.insert(stored.quarantined.begin(), stored.quarantined.end());
  return set;
}

Ticket TicketOf(const StoredTicket& stored, const std::string& task) {
  const TicketIssued& issued = stored.issued;
  Ticket ticket;
  ticket.id = issued.ticket;
  ticket.of = {.set_sha256 = issued.set_sha256,
               .index = issued.index,
               .occurrence = issued.occurrence,
               .group_id = issued.group_id};
  ticket.task = task;
  ticket.due_round = issued.due_round;
  ticket.min_version = issued.min_version;
  if (issued.exact) ticket.exact_version = issued.min_version;
  ticket.attempts = stored.attempts;
  ticket.state = stored.state;
  return ticket;
}

uint64_t RoundsTrained(const RecoveredRun& recovered,
                       uint64_t groups_per_round) {
  const auto training = recovered.tickets.find(Purpose::kTrain);
  return training == recovered.tickets.end()
             ? 0
             : training->second.trained / groups_per_round;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FrontDesk>> FrontDesk::Create(
    DeskOptions options, Clock& clock, Ledger& ledger,
    const RecoveredRun& recovered) {
  const uint64_t round = RoundsTrained(recovered, options.groups_per_round);
  std::unique_ptr<FrontDesk> desk(
      new FrontDesk(std::move(options), clock, ledger, round));
  MDRL_RETURN_IF_ERROR(desk->Recover(recovered));
  return desk;
}

absl::Status FrontDesk::Recover(const RecoveredRun& recovered) {
  MutexLock lock(mutex_);
  if (!failed_.ok()) return failed_;
  const auto paused = recovered.meta.find(kPausedKey);
  if (paused != recovered.meta.end() && !paused->second.empty()) {
    paused_ = Paused{paused->second.substr(1), clock_.Now()};
  }
  for (const StoredPromptSet& stored : recovered.prompt_sets) {
    if (!options_.tasks.contains(stored.added.task)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "prompt set ", stored.added.name, " is for task ", stored.added.task,
          ", which the configuration no longer has"));
    }
    MDRL_RETURN_IF_ERROR(library_.Add(SetOf(stored)));
  }
  for (const WorkerRegistered& worker : recovered.workers) {
    workers_.RecoverSlot(worker.name, worker.slot);
  }
  const auto next = recovered.next_ticket.find(Purpose::kEvaluate);
  if (next != recovered.next_ticket.end()) {
    next_evaluation_ticket_ = next->second;
  }
  MDRL_RETURN_IF_ERROR(RecoverTicketsLocked(recovered));
  // Whoever asked for an evaluation asks again: its policy may be gone.
  for (const StoredEvaluation& stored : recovered.evaluations) {
    if (stored.state != EvaluationState::kRunning) continue;
    journal_.Add(EvaluationFinished{
        .id = stored.id, .state = EvaluationState::kCancelled, .result = ""});
  }
  journal_.Flush();
  return absl::OkStatus();
}

absl::Status FrontDesk::RecoverTicketsLocked(const RecoveredRun& recovered) {
  std::map<Purpose, std::vector<RecoveredTicket>> open;
  for (const StoredTicket& stored : recovered.open_tickets) {
    const TicketIssued& issued = stored.issued;
    const PromptSet* set = library_.Find(issued.set_sha256);
    if (set == nullptr || issued.index >= set->count) {
      return absl::DataLossError(absl::StrCat(
          "ledger, tickets: ticket ", issued.ticket.number, " names prompt ",
          issued.index, " of set ", issued.set_sha256.ToHex(6),
          ", which the ledger does not have"));
    }
    RecoveredTicket ticket;
    ticket.ticket = TicketOf(stored, set->task);
    ticket.ticket.issued = clock_.Now();
    ticket.slot = stored.slot;
    ticket.vacant = stored.state == TicketState::kIssued &&
                    (set->quarantined.contains(issued.index) ||
                     set->state == PromptSetState::kRetired);
    if (stored.group.has_value()) {
      ticket.accepted_attempt = stored.group->stored.key.attempt;
      ticket.content_sha256 = stored.group->stored.content_sha256;
    }
    if (issued.ticket.purpose == Purpose::kTrain && stored.group.has_value()) {
      buffer_.Put({.group = stored.group->group,
                   .content_sha256 = ticket.content_sha256,
                   .prompt = stored.group->prompt.prompt,
                   .prompt_tokens = stored.group->prompt.tokens,
                   .philox_key = PhiloxKeyOf(ticket.ticket)});
    }
    open[issued.ticket.purpose].push_back(std::move(ticket));
  }
  for (const auto& [purpose, stored] : recovered.tickets) {
    const auto next = recovered.next_ticket.find(purpose);
    LeaseTable::Counts counts;
    counts.issued = stored.issued;
    counts.trained = stored.trained + stored.answered;
    counts.dropped = stored.dropped;
    table_.Recover(purpose,
                   next == recovered.next_ticket.end() ? 0 : next->second,
                   std::move(counts), open[purpose], clock_.Now());
    if (purpose == Purpose::kTrain) continue;
    for (const RecoveredTicket& ticket : open[purpose]) {
      table_.Drop(ticket.ticket.id, Reason::kCancelled);
      journal_.Add(TicketDropped{.ticket = ticket.ticket.id,
                                 .reason = Reason::kCancelled});
    }
  }
  return absl::OkStatus();
}

void FrontDesk::Recall(const RequestId& request_id) {
  if (reader_ == nullptr || request_id.IsZero()) return;
  const auto stored = reader_->FindRequest(request_id);
  if (!stored.ok()) return;
  MutexLock lock(mutex_);
  requests_.emplace(request_id, Remembered{.body = stored->body_sha256,
                                           .reply = stored->reply});
}

}  // namespace mdrl
