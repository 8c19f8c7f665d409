// Submitted groups: what is accepted, and what follows from it.

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "services/learner/desk/front_desk.h"

namespace mdrl {
namespace {

// A few commits' time.
constexpr absl::Duration kLedgerPause = absl::Milliseconds(200);

absl::Status Bad(const Completion& completion, const std::string& what) {
  return absl::InvalidArgumentError(
      absl::StrCat("completion ", completion.index, " ", what));
}

absl::Status CheckTokens(const Completion& completion, uint32_t canvas,
                         uint32_t vocabulary) {
  if (completion.tokens.size() != canvas ||
      completion.reveal_step.size() != canvas ||
      completion.confidence.size() != canvas) {
    return Bad(completion,
               absl::StrCat("has ", completion.tokens.size(), " tokens, ",
                            completion.reveal_step.size(), " reveal steps and ",
                            completion.confidence.size(),
                            " confidences; the lease's canvas has ", canvas));
  }
  for (const int32_t token : completion.tokens) {
    if (token < 0 || static_cast<uint32_t>(token) >= vocabulary) {
      return Bad(completion, absl::StrCat("holds token ", token,
                                          "; the vocabulary has ", vocabulary));
    }
  }
  if (completion.effective_tokens > canvas) {
    return Bad(completion,
               absl::StrCat("counts ", completion.effective_tokens,
                            " effective tokens on a canvas of ", canvas));
  }
  return absl::OkStatus();
}

absl::Status CheckSpans(const Completion& completion) {
  const std::vector<VersionSpan>& spans = completion.versions;
  if (spans.empty() || spans.front().first_decode_step != 0) {
    return Bad(completion, "does not say which policy decoded its first step");
  }
  for (size_t i = 1; i < spans.size(); ++i) {
    if (spans[i].first_decode_step <= spans[i - 1].first_decode_step) {
      return Bad(completion, "has version spans out of order");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckScore(const Completion& completion, Purpose purpose) {
  const Score& score = completion.score;
  if (purpose == Purpose::kGenerate) return absl::OkStatus();  // nobody scores
  const bool failed = score.outcome == Outcome::kServiceError;
  if (score.outcome == Outcome::kUnspecified) {
    return Bad(completion, "is not scored");
  }
  if (score.reward.has_value() == failed) {
    return Bad(completion, failed ? "has a reward though its scoring failed"
                                  : "has no reward though it was scored");
  }
  // on_service_error: hold is the only choice in fixed_lag: a group with a
  // hole would not be the group that an undisturbed run trains.
  if (failed && purpose == Purpose::kTrain) {
    return Bad(completion,
               "was not scored; hold the group and ask the scorer again");
  }
  if (score.reward.has_value() && !std::isfinite(*score.reward)) {
    return Bad(completion, "has a reward that is not a number");
  }
  return absl::OkStatus();
}

LeaseTable::Submission SubmissionOf(const SubmitGroupRequest& request) {
  LeaseTable::Submission submission{.key = request.group.key,
                                    .purpose = request.group.purpose,
                                    .ticket = request.group.ticket,
                                    .content_sha256 = request.content_sha256};
  bool first = true;
  for (const Completion& completion : request.group.completions) {
    for (const VersionSpan& span : completion.versions) {
      submission.version_min =
          first ? span.version : std::min(submission.version_min, span.version);
      submission.version_max = std::max(submission.version_max, span.version);
      first = false;
    }
  }
  return submission;
}

}  // namespace

absl::Status FrontDesk::CheckShapeLocked(const Group& group,
                                         const Ticket& ticket) const {
  const uint32_t size = GroupSizeLocked(ticket);
  if (group.completions.size() != size) {
    return absl::InvalidArgumentError(
        absl::StrCat("the group has ", group.completions.size(),
                     " completions, its lease asks for ", size));
  }
  const DecodeSettings& decode = DecodeLocked(ticket);
  if (group.decode != decode) {
    return absl::FailedPreconditionError(
        "the group was not decoded with the settings of its lease");
  }
  for (uint32_t i = 0; i < size; ++i) {
    const Completion& completion = group.completions[i];
    if (completion.index != i) {
      return Bad(completion, absl::StrCat("stands in place ", i));
    }
    absl::Status status =
        CheckTokens(completion, decode.canvas_tokens, options_.vocabulary);
    if (status.ok()) status = CheckSpans(completion);
    if (status.ok()) status = CheckScore(completion, ticket.id.purpose);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

void FrontDesk::SubmitGroup(SubmitGroupRequest request,
                            Answer<SubmitGroupReply> answer) {
  // Hashing and encoding take longest and need no lock.
  if (ContentSha256(request.group) != request.content_sha256) {
    answer(absl::DataLossError(
        absl::StrCat("the content of group ", Print(request.group.key.group_id),
                     " does not have the hash sent with it; send it again")));
    return;
  }
  std::string body = options_.group_codec.encode(request.group);
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    const absl::Status status =
        SubmitLocked(request, std::move(body), answer, outbox);
    if (!status.ok()) outbox.push_back([&answer, status] { answer(status); });
    journal_.Flush();
  }
  RunAll(outbox);
}

absl::Status FrontDesk::SubmitLocked(SubmitGroupRequest& request,
                                     std::string body,
                                     const Answer<SubmitGroupReply>& answer,
                                     Outbox& outbox) {
  absl::Status status = ServingLocked();
  if (!status.ok()) return status;
  const auto worker = workers_.Hear(request.caller, clock_.Now());
  if (!worker.ok()) return worker.status();
  const LeaseTable::Submission submission = SubmissionOf(request);
  const auto verdict = table_.Judge(submission);
  if (!verdict.ok()) return verdict.status();
  SubmitGroupReply reply{.outcome = verdict->outcome,
                         .accepted_attempt = verdict->accepted_attempt,
                         .seq = 0};
  if (verdict->outcome != SubmitGroupReply::Outcome::kAccepted) {
    metrics_.CountSubmit(verdict->outcome);
    if (verdict->nondeterministic) {
      table_.CountNondeterministic();
      metrics_.determinism_mismatches.Increment();
      Log(LogLevel::kError, "nondeterminism",
          "two attempts under the same policy brought different groups",
          {{"group", Print(submission.key.group_id)}});
    }
    // The first acceptance may still be on its way to the disk.
    AnswerAfterCommitLocked(answer, reply, outbox);
    return absl::OkStatus();
  }
  status = CheckShapeLocked(request.group, verdict->ticket);
  if (!status.ok()) return status;
  if (verdict->ticket.id.purpose == Purpose::kGenerate) {
    AnswerGenerationLocked(std::move(request.group), submission, answer,
                           outbox);
    return absl::OkStatus();
  }
  if (journal_.full()) {
    return Refusal(absl::StatusCode::kResourceExhausted, "LEDGER_SLOW",
                   "the ledger is behind; send the group again later",
                   kLedgerPause);
  }
  uint64_t tokens = 0;
  for (const Completion& completion : request.group.completions) {
    tokens += completion.effective_tokens;
  }
  token_rate_.Add((*worker)->slot, tokens, clock_.Now());
  absl::StatusOr<StoredPrompt> prompt = PromptOfLocked(verdict->ticket);
  if (!prompt.ok()) {
    BreakLocked(prompt.status());
    return prompt.status();
  }
  AcceptLocked(std::move(request.group), *std::move(prompt), submission,
               std::move(body), answer);
  return absl::OkStatus();
}

void FrontDesk::AnswerGenerationLocked(Group group,
                                       const LeaseTable::Submission& submission,
                                       const Answer<SubmitGroupReply>& answer,
                                       Outbox& outbox) {
  const LeaseTable::Verdict accepted = table_.Accept(submission);
  table_.Finish(accepted.ticket.id);
  const SubmitGroupReply reply{.outcome = accepted.outcome,
                               .accepted_attempt = accepted.accepted_attempt,
                               .seq = 0};
  GenerationOverLocked(accepted.ticket.id.number, std::move(group), outbox);
  outbox.push_back([answer, reply] { answer(reply); });
}

void FrontDesk::AcceptLocked(Group group, StoredPrompt prompt,
                             const LeaseTable::Submission& submission,
                             std::string body,
                             const Answer<SubmitGroupReply>& answer) {
  const LeaseTable::Verdict accepted = table_.Accept(submission);
  const Ticket& ticket = accepted.ticket;
  journal_.Add(
      MakeGroupSubmitted(group, submission.content_sha256, std::move(body)));
  ScoredGroup scored{.group = std::move(group),
                     .content_sha256 = submission.content_sha256,
                     .prompt = std::move(prompt.prompt),
                     .prompt_tokens = std::move(prompt.tokens),
                     .philox_key = PhiloxKeyOf(ticket)};
  SubmitGroupReply reply{.outcome = accepted.outcome,
                         .accepted_attempt = accepted.accepted_attempt,
                         .seq = 0};
  journal_.AfterCommit([this, scored = std::move(scored), answer, reply](
                           const absl::StatusOr<uint64_t>& seq,
                           Outbox& out) MDRL_REQUIRES(mutex_) mutable {
    if (!seq.ok()) {
      out.push_back([answer, why = seq.status()] { answer(why); });
      return;
    }
    TakeInLocked(std::move(scored), out);
    reply.seq = *seq;
    out.push_back([answer, reply] { answer(reply); });
  });
}

void FrontDesk::TakeInLocked(ScoredGroup group, Outbox& outbox) {
  const TicketId id{group.group.purpose, group.group.ticket};
  ++progress_.groups;
  metrics_.CountSubmit(SubmitGroupReply::Outcome::kAccepted);
  metrics_.NoteProgress(clock_.Now());
  if (id.purpose == Purpose::kTrain) {
    metrics_.CountRewards(group.prompt.task, group.group);
    buffer_.Put(std::move(group));
    return;
  }
  const Ticket* ticket = table_.Find(id);
  if (ticket != nullptr && ticket->state == TicketState::kSubmitted) {
    table_.Finish(id);
  }
  const EvaluationBook::Part* part = evaluations_.PartOf(id.number);
  if (part == nullptr) return;  // cancelled meanwhile
  const EvaluationId evaluation = part->evaluation;
  if (evaluations_.Take(id.number, group.group, group.prompt, clock_.Now())) {
    EvaluationOverLocked(evaluation, outbox);
  }
}

}  // namespace mdrl
