#include "services/learner/explain/explain.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/learner/explain/prompt_findings.h"
#include "services/learner/explain/ticket_findings.h"
#include "services/learner/explain/worker_findings.h"

namespace mdrl {
namespace {

// A step is stuck after so many times its longest predecessor ...
constexpr int kStuckTimes = 10;
// ... and never sooner than this.
constexpr absl::Duration kStuckAfter = absl::Minutes(1);

// A state of the run as a whole that explains everything.
std::optional<Finding> WholeRunFinding(const RunFacts& facts) {
  Finding finding{.reason = Reason::kUnspecified,
                  .level = FindingLevel::kNormal,
                  .subject = "run",
                  .owner = "learner",
                  .since = facts.phase_for};
  if (!facts.failure.empty()) {
    finding.reason = Reason::kInternal;
    finding.level = FindingLevel::kStuck;
    finding.owner = "person";
    finding.text = facts.failure;
    finding.next = "the learner's log; then continue with --resume";
    return finding;
  }
  if (facts.stopped == Reason::kFinished) {
    finding.reason = Reason::kFinished;
    finding.text = "the run is finished";
    return finding;
  }
  if (facts.stopped.has_value()) {
    finding.reason = *facts.stopped;
    finding.text = "the learner is stopping";
    return finding;
  }
  if (facts.ledger != Reason::kUnspecified) {
    const bool full = facts.ledger == Reason::kDiskFull;
    finding.reason = facts.ledger;
    finding.level = full ? FindingLevel::kStuck : FindingLevel::kSlow;
    finding.owner = full ? "person" : "learner";
    finding.since = facts.ledger_for;
    finding.text = absl::StrCat(
        full ? "the disk of the run folder is full"
             : "the ledger does not write",
        ": nothing new is accepted and nothing is lost; it is tried again all "
        "the time, for ",
        AgeText(facts.ledger_for));
    finding.next = full ? "free space on the disk of run.dir"
                        : "the disk of run.dir; the learner's log";
    return finding;
  }
  return std::nullopt;
}

Finding LoopFinding(const RunFacts& facts, Reason reason,
                    const std::string& doing) {
  Finding finding{.reason = reason,
                  .level = FindingLevel::kNormal,
                  .subject = facts.phase_detail,
                  .owner = "learner",
                  .since = facts.phase_for};
  finding.text =
      absl::StrCat(doing, facts.phase_detail.empty() ? "" : " ",
                   facts.phase_detail, " for ", AgeText(facts.phase_for));
  return finding;
}

// What the loop itself is busy with; nullopt while it waits for groups.
std::optional<Finding> LoopBusyFinding(const RunFacts& facts) {
  switch (facts.phase) {
    case LoopPhase::kStarting:
      return LoopFinding(facts, Reason::kStepRunning,
                         "the learner starts: the first policy is not "
                         "published yet");
    case LoopPhase::kSupervised:
      return LoopFinding(facts, Reason::kStepRunning,
                         "supervised training before round 0 is running,");
    case LoopPhase::kReplaying:
      return LoopFinding(facts, Reason::kReplaying,
                         "the learner trains recorded rounds again,");
    case LoopPhase::kCheckpointing:
      return LoopFinding(facts, Reason::kCheckpointing,
                         "the learner writes a checkpoint");
    case LoopPhase::kPublishing:
      return LoopFinding(facts, Reason::kStepRunning, "the learner publishes");
    case LoopPhase::kTraining: {
      Finding finding =
          LoopFinding(facts, Reason::kStepRunning, "the learner trains");
      const absl::Duration limit =
          std::max(kStuckAfter, kStuckTimes * facts.phase_longest);
      if (facts.phase_longest > absl::ZeroDuration() &&
          facts.phase_for > limit) {
        finding.reason = Reason::kStepStuck;
        finding.level = FindingLevel::kStuck;
        finding.owner = "person";
        absl::StrAppend(&finding.text, "; no round took longer than ",
                        AgeText(facts.phase_longest), " before");
        finding.next = "the learner's device and log";
      }
      return finding;
    }
    case LoopPhase::kFinished:
      return LoopFinding(facts, Reason::kFinished, "the run is finished");
    case LoopPhase::kEvaluating:
    case LoopPhase::kWaitGroups:
      return std::nullopt;
  }
  return std::nullopt;
}

Finding PausedFinding(const RunFacts& facts) {
  return {.reason = Reason::kPaused,
          .level = FindingLevel::kNormal,
          .subject = "run",
          .owner = "person",
          .since = facts.paused_for,
          .acts_in = {},
          .text = absl::StrCat(
              "the run is paused for ", AgeText(facts.paused_for),
              facts.paused_why.empty() ? "" : ": ", facts.paused_why),
          .next = "mdrlctl resume"};
}

// By how bad it is, then by how long.
bool IsWorse(const FindingChain& a, const FindingChain& b) {
  return std::tuple(a.back().level, a.front().since) >
         std::tuple(b.back().level, b.front().since);
}

FindingChain WorstOf(const RunFacts& facts, Purpose purpose, uint64_t first,
                     uint64_t last) {
  FindingChain worst;
  for (const TicketFacts& ticket : facts.tickets) {
    if (ticket.id.purpose != purpose || ticket.id.number < first ||
        ticket.id.number >= last || ticket.state == TicketState::kSubmitted) {
      continue;
    }
    FindingChain chain = TicketFindings(facts, ticket);
    if (worst.empty() || IsWorse(chain, worst)) worst = std::move(chain);
  }
  return worst;
}

FindingChain UnderRound(const RunFacts& facts, FindingChain cause) {
  Finding round{.reason = cause.back().reason,
                .level = cause.back().level,
                .subject = absl::StrCat("round ", facts.round),
                .owner = cause.back().owner,
                .since = facts.phase_for,
                .acts_in = {},
                .text = absl::StrCat(
                    "round ", facts.round, " lacks ",
                    facts.groups_per_round -
                        std::min(facts.groups_ready, facts.groups_per_round),
                    " of ", facts.groups_per_round, " groups"),
                .next = ""};
  cause.insert(cause.begin(), std::move(round));
  return cause;
}

FindingChain RoundFindings(const RunFacts& facts) {
  const uint64_t first = facts.round * facts.groups_per_round;
  FindingChain worst =
      WorstOf(facts, Purpose::kTrain, first, first + facts.groups_per_round);
  if (!worst.empty()) return UnderRound(facts, std::move(worst));
  if (facts.draining) {
    return {{.reason = Reason::kDraining,
             .level = FindingLevel::kNormal,
             .subject = "run",
             .owner = "learner",
             .since = facts.phase_for,
             .acts_in = {},
             .text = "the run is draining and every open ticket is trained",
             .next = ""}};
  }
  if (facts.groups_ready < facts.groups_per_round && !facts.can_draw) {
    return UnderRound(facts, {NoPromptFinding(facts)});
  }
  return UnderRound(
      facts, {{.reason = Reason::kTicketsSpent,
               .level = FindingLevel::kNormal,
               .subject = absl::StrCat("round ", facts.round),
               .owner = "learner",
               .since = facts.phase_for,
               .acts_in = {},
               .text = "every group of the round is issued and on its way",
               .next = ""}});
}

FindingChain EvaluationFindings(const RunFacts& facts) {
  FindingChain worst = WorstOf(facts, Purpose::kEvaluate, 0, ~uint64_t{0});
  Finding waits = LoopFinding(facts, Reason::kDecoding,
                              "the learner waits for an evaluation,");
  if (worst.empty()) return {waits};
  waits.reason = worst.back().reason;
  waits.level = worst.back().level;
  worst.insert(worst.begin(), std::move(waits));
  return worst;
}

std::optional<FindingChain> TicketSubject(const RunFacts& facts,
                                          const std::string& subject) {
  for (const TicketFacts& ticket : facts.tickets) {
    const bool number = ticket.id.purpose == Purpose::kTrain &&
                        subject == absl::StrCat(ticket.id.number);
    if (subject == TicketName(ticket.id) || number ||
        subject == Print(ticket.group_id) ||
        subject == ticket.group_id.ToHex()) {
      return TicketFindings(facts, ticket);
    }
  }
  return std::nullopt;
}

FindingChain WorkerSubject(const RunFacts& facts, const WorkerFacts& worker) {
  FindingChain chain = WorkerFindings(facts, worker);
  if (!chain.empty()) return chain;
  FindingChain worst;
  for (const TicketFacts& ticket : facts.tickets) {
    if (!ticket.holder.has_value() || ticket.holder->slot != worker.slot) {
      continue;
    }
    FindingChain of = TicketFindings(facts, ticket);
    if (worst.empty() || IsWorse(of, worst)) worst = std::move(of);
  }
  if (!worst.empty()) return worst;
  // It holds nothing: what the run waits for is what it waits for.
  FindingChain run = ExplainRun(facts);
  const Finding idle{
      .reason = Reason::kTicketsSpent,
      .level = FindingLevel::kNormal,
      .subject = worker.name,
      .owner = "learner",
      .since = absl::ZeroDuration(),
      .acts_in = {},
      .text = absl::StrCat("worker ", worker.name, " is ready and has no work"),
      .next = ""};
  run.insert(run.begin(), idle);
  return run;
}

}  // namespace

bool IsIntended(Reason reason) {
  return reason == Reason::kNoPrompts || reason == Reason::kPaused ||
         reason == Reason::kFinished || reason == Reason::kDraining;
}

FindingChain ExplainRun(const RunFacts& facts) {
  if (auto whole = WholeRunFinding(facts)) return {*whole};
  const std::optional<Finding> busy = LoopBusyFinding(facts);
  if (busy.has_value() && facts.phase != LoopPhase::kTraining) return {*busy};
  if (facts.paused) return {PausedFinding(facts)};
  if (busy.has_value()) return {*busy};
  return facts.phase == LoopPhase::kEvaluating ? EvaluationFindings(facts)
                                               : RoundFindings(facts);
}

absl::StatusOr<FindingChain> Explain(const RunFacts& facts,
                                     const std::string& subject) {
  if (subject.empty()) return ExplainRun(facts);
  if (auto chain = TicketSubject(facts, subject)) return *std::move(chain);
  for (const WorkerFacts& worker : facts.workers) {
    if (worker.name == subject) return WorkerSubject(facts, worker);
  }
  for (const RefusedFacts& refused : facts.refused) {
    if (refused.name != subject) continue;
    return FindingChain{
        {.reason = Reason::kWorkerRefused,
         .level = FindingLevel::kStuck,
         .subject = subject,
         .owner = "person",
         .since = refused.ago,
         .acts_in = {},
         .text = absl::StrCat("worker ", subject, " was refused ",
                              AgeText(refused.ago), " ago: ", refused.text),
         .next = "start it with this run's build, model and "
                 "tokenizer"}};
  }
  for (const SetFacts& set : facts.sets) {
    const bool by_hash =
        subject.size() >= 6 && absl::StartsWith(set.sha256.ToHex(), subject);
    if (set.name == subject || by_hash) return FindingChain{SetFinding(set)};
  }
  return absl::NotFoundError(absl::StrCat(
      "no open ticket, group, worker or prompt set is called \"", subject,
      "\"; a group that was trained is shown by GetCompletion"));
}

}  // namespace mdrl
