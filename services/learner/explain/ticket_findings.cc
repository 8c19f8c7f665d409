#include "services/learner/explain/ticket_findings.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/learner/explain/prompt_findings.h"
#include "services/learner/explain/worker_findings.h"

namespace mdrl {
namespace {

using Phase = RenewRequest::Phase;
using Holder = TicketFacts::Holder;

// So many times as long as usual is a straggler ...
constexpr int kStragglesTimes = 4;
// ... but never sooner than this, or every hiccup would be one.
constexpr absl::Duration kStragglesAfter = absl::Seconds(5);
// A verifier that takes longer than this for one group is slow.
constexpr absl::Duration kScorerSlowAfter = absl::Seconds(5);
// A scorer that has failed for so long will not recover by itself.
constexpr absl::Duration kScorerStuckAfter = absl::Seconds(60);

std::string_view PurposeWord(Purpose purpose) {
  switch (purpose) {
    case Purpose::kEvaluate:
      return "evaluate";
    case Purpose::kGenerate:
      return "generate";
    default:
      return "train";
  }
}

std::string Where(const TicketFacts& ticket, const WorkerFacts* worker) {
  return absl::StrCat(TicketName(ticket.id), " (", Print(ticket.group_id),
                      ", attempt ", ticket.attempts, ") is with ",
                      worker == nullptr
                          ? absl::StrCat("slot ", ticket.holder->slot)
                          : worker->name);
}

Finding DecodingFinding(const RunFacts& facts, const TicketFacts& ticket,
                        const WorkerFacts* worker) {
  const Holder& holder = *ticket.holder;
  Finding finding{.reason = Reason::kDecoding,
                  .level = FindingLevel::kNormal,
                  .subject = TicketName(ticket.id),
                  .owner = worker == nullptr ? "rollout" : OwnerName(*worker),
                  .since = holder.held_for,
                  .acts_in = holder.deadline_in};
  finding.text = Where(ticket, worker);
  if (holder.phase == Phase::kQueued) {
    absl::StrAppend(&finding.text, ", queued there behind other work");
  } else if (holder.progress_total > 0) {
    absl::StrAppend(&finding.text, ", being decoded in ", holder.progress_total,
                    " steps");
  } else {
    absl::StrAppend(&finding.text, ", on its way there");
  }
  absl::StrAppend(&finding.text, " for ", AgeText(holder.held_for));
  const bool late = holder.held_for > kStragglesAfter &&
                    facts.usual_group > absl::ZeroDuration() &&
                    holder.held_for > kStragglesTimes * facts.usual_group;
  const bool still = holder.moved_ago > facts.stall;
  if (!late && !still) return finding;
  finding.reason = Reason::kGroupStraggles;
  finding.level = FindingLevel::kSlow;
  if (still) {
    finding.acts_in = std::max(holder.expires_in, absl::ZeroDuration());
    absl::StrAppend(&finding.text, "; it has not moved for ",
                    AgeText(holder.moved_ago), " and is lent again in ",
                    AgeText(*finding.acts_in));
  } else {
    absl::StrAppend(&finding.text, "; a group usually takes ",
                    AgeText(facts.usual_group), ", it is taken back in ",
                    AgeText(holder.deadline_in));
  }
  finding.next = "a slow or shared device: lower rollout.capacity there";
  return finding;
}

Finding ScoringFinding(const TicketFacts& ticket, const WorkerFacts* worker) {
  const Holder& holder = *ticket.holder;
  Finding finding{.reason = Reason::kScorerSlow,
                  .level = FindingLevel::kNormal,
                  .subject = TicketName(ticket.id),
                  .owner = "reward",
                  .since = holder.phase_for,
                  .acts_in = holder.deadline_in};
  finding.text = absl::StrCat(Where(ticket, worker), ", being scored (task ",
                              ticket.task, ", rubric ", ticket.rubric, ") for ",
                              AgeText(holder.phase_for));
  if (holder.waits_for == Reason::kScorerError) {
    finding.reason = Reason::kScorerError;
    finding.level = holder.phase_for > kScorerStuckAfter ? FindingLevel::kStuck
                                                         : FindingLevel::kSlow;
    absl::StrAppend(&finding.text,
                    "; the reward service does not answer or fails, the worker "
                    "asks again");
    finding.next = "the reward service: is it up, and what does its log say";
  } else if (holder.waits_for == Reason::kScorerMissing) {
    finding.reason = Reason::kScorerMissing;
    finding.level = FindingLevel::kStuck;
    absl::StrAppend(&finding.text,
                    "; the reward service does not know the task or rubric");
    finding.next = "mdrlctl health and the reward service's list of tasks";
  } else if (holder.phase_for > kScorerSlowAfter) {
    finding.level = FindingLevel::kSlow;
    absl::StrAppend(&finding.text, "; the verifier is slow");
    finding.next = "more replicas of the reward service";
  }
  return finding;
}

Finding SubmittingFinding(const TicketFacts& ticket,
                          const WorkerFacts* worker) {
  const Holder& holder = *ticket.holder;
  Finding finding{.reason = Reason::kLedgerSlow,
                  .level = holder.waits_for == Reason::kUnspecified
                               ? FindingLevel::kNormal
                               : FindingLevel::kSlow,
                  .subject = TicketName(ticket.id),
                  .owner = "learner",
                  .since = holder.phase_for,
                  .acts_in = holder.deadline_in};
  finding.text =
      absl::StrCat(Where(ticket, worker),
                   ", scored, and waits for the ledger to take it for ",
                   AgeText(holder.phase_for));
  return finding;
}

FindingChain HeldFindings(const RunFacts& facts, const TicketFacts& ticket) {
  const WorkerFacts* worker = WorkerIn(facts, ticket.holder->slot);
  Finding held = DecodingFinding(facts, ticket, worker);
  if (worker != nullptr && (worker->state == WorkerState::kSuspect ||
                            worker->state == WorkerState::kLost)) {
    held.reason = Reason::kWorkerLost;
    held.level = FindingLevel::kSlow;
    return {held, SilentWorkerFinding(facts, *worker)};
  }
  switch (ticket.holder->phase) {
    case Phase::kAwaitingPolicy: {
      if (worker == nullptr) return {held};
      Finding staging = StagingFinding(*worker, ticket.holder->phase_for);
      if (ticket.holder->waits_for == Reason::kPolicyRefused) {
        staging.reason = Reason::kPolicyRefused;
      }
      held.reason = staging.reason;
      held.level = staging.level;
      return {held, staging};
    }
    case Phase::kScoring:
      return {ScoringFinding(ticket, worker)};
    case Phase::kSubmitting:
      return {SubmittingFinding(ticket, worker)};
    default:
      return {held};
  }
}

FindingChain WaitingFindings(const RunFacts& facts, const TicketFacts& ticket) {
  Finding waits{.reason = Reason::kTicketsSpent,
                .level = FindingLevel::kNormal,
                .subject = TicketName(ticket.id),
                .owner = "learner",
                .since = ticket.state_for};
  waits.text =
      absl::StrCat(TicketName(ticket.id), " (", Print(ticket.group_id),
                   ") waits for a worker for ", AgeText(ticket.state_for));
  if (ticket.last_end != Reason::kUnspecified) {
    absl::StrAppend(&waits.text, ", since attempt ", ticket.attempts,
                    " ended as ", std::string(ReasonName(ticket.last_end)));
  }
  bool any_ready = false;
  bool any_scores = false;
  bool any_room = false;
  for (const WorkerFacts& worker : facts.workers) {
    if (worker.state != WorkerState::kReady) continue;
    any_ready = true;
    if (ticket.id.purpose != Purpose::kGenerate &&
        !worker.CanScore(ticket.task, ticket.rubric)) {
      continue;
    }
    any_scores = true;
    any_room |= worker.leases < worker.capacity;
  }
  FindingChain chain;
  if (!any_ready) {
    chain = NoWorkerFindings(facts);
  } else if (!any_scores) {
    chain = {{.reason = Reason::kScorerMissing,
              .level = FindingLevel::kStuck,
              .subject = ticket.task,
              .owner = "person",
              .since = ticket.state_for,
              .acts_in = {},
              .text = absl::StrCat(
                  "no ready worker's reward service scores task ", ticket.task,
                  " by rubric \"", ticket.rubric, "\""),
              .next = "the reward service's list of tasks; tasks in the "
                      "configuration"}};
  } else if (any_room) {
    // It has room and will ask; what ended the attempt before is the news.
    const bool failed = ticket.last_end != Reason::kUnspecified &&
                        ticket.last_end != Reason::kCancelled;
    waits.reason = failed ? ticket.last_end : Reason::kDecoding;
    waits.level = failed ? FindingLevel::kSlow : FindingLevel::kNormal;
    return {waits};
  } else {
    waits.reason = Reason::kDecoding;
    absl::StrAppend(&waits.text, "; all of them are busy");
    return {waits};
  }
  waits.reason = chain.back().reason;
  waits.level = chain.back().level;
  chain.insert(chain.begin(), std::move(waits));
  return chain;
}

}  // namespace

std::string TicketName(const TicketId& id) {
  return absl::StrCat(std::string(PurposeWord(id.purpose)), "/", id.number);
}

FindingChain TicketFindings(const RunFacts& facts, const TicketFacts& ticket) {
  if (ticket.state == TicketState::kSubmitted ||
      ticket.state == TicketState::kInRound) {
    const bool training = ticket.state == TicketState::kInRound;
    return {{.reason = training ? Reason::kStepRunning : Reason::kTicketsSpent,
             .level = FindingLevel::kNormal,
             .subject = TicketName(ticket.id),
             .owner = "learner",
             .since = ticket.state_for,
             .acts_in = {},
             .text = absl::StrCat(
                 TicketName(ticket.id), " (", Print(ticket.group_id), ") is ",
                 training ? "being trained"
                          : "in the ledger and waits for its round"),
             .next = ""}};
  }
  if (ticket.vacant) {
    Finding vacant{.reason = Reason::kNoPrompts,
                   .level = FindingLevel::kNormal,
                   .subject = TicketName(ticket.id),
                   .owner = "learner",
                   .since = ticket.state_for};
    vacant.text = absl::StrCat(TicketName(ticket.id),
                               " waits for another prompt: its own was taken "
                               "away (quarantine or a retired set)");
    if (facts.can_draw) return {vacant};
    return {vacant, NoPromptFinding(facts)};
  }
  return ticket.holder.has_value() ? HeldFindings(facts, ticket)
                                   : WaitingFindings(facts, ticket);
}

}  // namespace mdrl
