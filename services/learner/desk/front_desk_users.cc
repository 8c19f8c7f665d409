// Users: prompt sets, evaluations, drain.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "services/learner/desk/front_desk.h"

namespace mdrl {
namespace {

constexpr size_t kPromptsPerRow = 1000;
constexpr size_t kMaxEvaluations = 4;

template <typename Id, typename Hash>
Id Cut(const Hash& digest) {
  Id id;
  std::copy_n(digest.bytes.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

Digest BodyOf(const PromptSetHeader& header, const Digest& sha256) {
  return Sha256()
      .String("SubmitPromptSet")
      .String(header.name)
      .String(header.task)
      .U32(header.held_out)
      .F64(header.weight.value_or(0.0))
      .Bytes(sha256)
      .Finish();
}

Digest BodyOf(const EvaluateRequest& request) {
  Sha256 hash;
  hash.String("Evaluate").U64(request.set_sha256.size());
  for (const Digest& set : request.set_sha256) hash.Bytes(set);
  hash.U64(request.version.value_or(~uint64_t{0})).U64(request.decode.size());
  for (const DecodeSettings& decode : request.decode) {
    hash.U32(decode.canvas_tokens)
        .U32(decode.block_tokens)
        .U32(decode.decode_steps)
        .F64(decode.temperature);
  }
  return hash.U64(request.max_prompts).U32(request.group_size).Finish();
}

absl::Status CheckDecode(const DecodeSettings& decode) {
  if (decode.canvas_tokens == 0 || decode.block_tokens == 0 ||
      decode.canvas_tokens % decode.block_tokens != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("decode: block_tokens ", decode.block_tokens,
                     " does not divide canvas_tokens ", decode.canvas_tokens));
  }
  const uint32_t blocks = decode.canvas_tokens / decode.block_tokens;
  if (decode.decode_steps < blocks) {
    return absl::InvalidArgumentError(
        absl::StrCat("decode: ", decode.decode_steps, " decode_steps for ",
                     blocks, " blocks; at least one step per block"));
  }
  return absl::OkStatus();
}

std::string ResultOf(const EvaluationView& view) {
  return absl::StrCat(
      "{\"rows\":[",
      absl::StrJoin(view.rows, ",",
                    [](std::string* out, const EvaluationRow& row) {
                      absl::StrAppend(
                          out, "{\"set\":\"", row.set_sha256.ToHex(),
                          "\",\"canvas\":", row.decode.canvas_tokens,
                          ",\"done\":", row.done, ",\"total\":", row.total,
                          ",\"service_errors\":", row.service_errors,
                          ",\"correct\":", row.correct,
                          ",\"reward_mean\":", row.reward_mean, "}");
                    }),
      "]}");
}

}  // namespace

absl::StatusOr<std::unique_ptr<PromptSetSubmission>> FrontDesk::BeginPromptSet(
    PromptSetHeader header) {
  MutexLock lock(mutex_);
  const absl::Status serving = ServingLocked();
  if (!serving.ok()) return serving;
  if (header.name.empty() || header.name.size() > 128) {
    return absl::InvalidArgumentError(
        "a prompt set needs a name of 1 to 128 bytes");
  }
  if (!options_.tasks.contains(header.task)) {
    return absl::InvalidArgumentError(
        absl::StrCat("no task \"", header.task, "\" in this run; it has ",
                     absl::StrJoin(options_.tasks, ", ",
                                   [](std::string* out, const auto& t) {
                                     absl::StrAppend(out, t.first);
                                   })));
  }
  if (header.weight.has_value() && !(*header.weight > 0.0)) {
    return absl::InvalidArgumentError(
        "a prompt set's weight must be above 0, or absent");
  }
  return std::unique_ptr<PromptSetSubmission>(
      new PromptSetSubmission(*this, std::move(header)));
}

void FrontDesk::FinishPromptSet(PromptSetSubmission& submission,
                                Answer<PromptSetView> answer) {
  Recall(submission.header_.request_id);
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    const absl::Status status = AddPromptSetLocked(submission, answer, outbox);
    if (!status.ok()) outbox.push_back([&answer, status] { answer(status); });
    journal_.Flush();
  }
  RunAll(outbox);
}

absl::Status FrontDesk::AddPromptSetLocked(PromptSetSubmission& submission,
                                           const Answer<PromptSetView>& answer,
                                           Outbox& outbox) {
  const absl::Status serving = ServingLocked();
  if (!serving.ok()) return serving;
  const PromptSetHeader& header = submission.header_;
  const Digest& sha256 = submission.sha256_;
  const Digest body = BodyOf(header, sha256);
  const auto remembered = requests_.find(header.request_id);
  if (!header.request_id.IsZero() && remembered != requests_.end() &&
      remembered->second.body != body) {
    return absl::InvalidArgumentError(
        "this request_id was used for another request");
  }
  const PromptSet* known = library_.Find(sha256);
  const bool again = known != nullptr || adding_.contains(sha256);
  const PromptSet* namesake = library_.FindByName(header.name);
  const bool name_taken =
      (namesake != nullptr && namesake->sha256 != sha256) ||
      std::any_of(adding_.begin(), adding_.end(), [&](const auto& entry) {
        return entry.second == header.name && entry.first != sha256;
      });
  if (!again && name_taken) {
    return absl::AlreadyExistsError(
        absl::StrCat("the name \"", header.name,
                     "\" belongs to a prompt set with other content"));
  }
  PromptSet set{.sha256 = sha256,
                .name = header.name,
                .task = header.task,
                .state = header.held_out ? PromptSetState::kHeldOut
                                         : PromptSetState::kActive,
                .weight = header.weight,
                .cursor = {},
                .issued = 0,
                .trained = 0,
                .prompts = {}};
  set.prompts = std::move(submission.prompts_);
  if (header.dry_run) {
    AnswerAfterCommitLocked(answer, ViewOf(set), outbox);
    return absl::OkStatus();
  }
  if (!again) {
    for (const auto& [remark, count] : submission.remarks_) {
      Log(LogLevel::kWarn, "prompt_remark", remark,
          {{"set", header.name}, {"prompts", absl::StrCat(count)}});
    }
    adding_[sha256] = header.name;
    JournalPromptSetLocked(set, header.request_id, body);
    journal_.AfterCommit(
        [this, set = std::make_shared<PromptSet>(std::move(set))](
            const absl::StatusOr<uint64_t>& seq, Outbox&)
            MDRL_REQUIRES(mutex_) {
              adding_.erase(set->sha256);
              if (!seq.ok()) return;
              const absl::Status added = library_.Add(std::move(*set));
              MDRL_CHECK(added.ok()) << added.message();
              IssueLocked();
              changed_.NotifyAll();
            });
  }
  journal_.AfterCommit(
      [this, sha256, again, answer](const absl::StatusOr<uint64_t>& seq,
                                    Outbox& out) MDRL_REQUIRES(mutex_) {
        if (!seq.ok()) {
          out.push_back([answer, why = seq.status()] { answer(why); });
          return;
        }
        PromptSetView view = ViewOf(*library_.Find(sha256));
        view.already_known = again;
        out.push_back([answer, view = std::move(view)] { answer(view); });
      });
  return absl::OkStatus();
}

void FrontDesk::JournalPromptSetLocked(const PromptSet& set,
                                       const RequestId& request_id,
                                       const Digest& body) {
  const auto pending = Cut<RequestId>(set.sha256);
  for (size_t first = 0; first < set.prompts.size(); first += kPromptsPerRow) {
    PromptsPending part;
    part.pending_id = pending;
    part.first_index = first;
    const size_t end = std::min(set.prompts.size(), first + kPromptsPerRow);
    for (size_t i = first; i < end; ++i) {
      const LibraryPrompt& prompt = set.prompts[i];
      part.prompts.push_back({.body = CanonicalLine(prompt.prompt),
                              .tokens = prompt.tokens,
                              .quarantined = prompt.over_length
                                                 ? Reason::kPromptOverLength
                                                 : Reason::kUnspecified});
    }
    journal_.Add(std::move(part));
  }
  journal_.Add(PromptSetAdded{.pending_id = pending,
                              .sha256 = set.sha256,
                              .name = set.name,
                              .task = set.task,
                              .state = set.state,
                              .count = set.prompts.size(),
                              .weight = set.weight.value_or(0.0),
                              .submitter = ""});
  RememberLocked(request_id, "SubmitPromptSet", body, set.sha256.ToBytes());
}

void FrontDesk::RememberLocked(const RequestId& request_id,
                               const std::string& rpc, const Digest& body,
                               const std::string& reply) {
  if (request_id.IsZero() || requests_.contains(request_id)) return;
  requests_[request_id] = {.body = body, .reply = reply};
  journal_.Add(RequestRemembered{.request_id = request_id,
                                 .rpc = rpc,
                                 .body_sha256 = body,
                                 .reply = reply});
}

PromptSetView FrontDesk::ViewOf(const PromptSet& set) {
  return {.sha256 = set.sha256,
          .name = set.name,
          .task = set.task,
          .state = set.state,
          .count = set.prompts.size(),
          .weight = set.weight,
          .passes = set.cursor.pass,
          .issued = set.issued,
          .trained = set.trained,
          .over_length = set.over_length(),
          .quarantined = set.quarantined(),
          .already_known = false};
}

absl::StatusOr<PromptSetView> FrontDesk::GetPromptSet(
    const Digest& sha256, std::string_view name) const {
  MutexLock lock(mutex_);
  const PromptSet* set =
      sha256.IsZero() ? library_.FindByName(name) : library_.Find(sha256);
  if (set == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("no prompt set ",
                     sha256.IsZero() ? std::string(name) : sha256.ToHex(6)));
  }
  return ViewOf(*set);
}

void FrontDesk::Evaluate(EvaluateRequest request,
                         Answer<EvaluationView> answer) {
  Recall(request.request_id);
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    absl::Status status = ServingLocked();
    if (status.ok()) status = EvaluateLocked(request, answer, outbox);
    if (!status.ok()) outbox.push_back([&answer, status] { answer(status); });
    PumpLocked(outbox);
    journal_.Flush();
  }
  RunAll(outbox);
}

absl::Status FrontDesk::EvaluateLocked(const EvaluateRequest& request,
                                       const Answer<EvaluationView>& answer,
                                       Outbox& outbox) {
  const Digest body = BodyOf(request);
  EvaluationId id;
  const auto remembered = requests_.find(request.request_id);
  if (!request.request_id.IsZero() && remembered != requests_.end()) {
    if (remembered->second.body != body) {
      return absl::InvalidArgumentError(
          "this request_id was used for another request");
    }
    id = EvaluationId::FromBytes(remembered->second.reply)
             .value_or(EvaluationId{});
    if (evaluations_.Find(id) == nullptr) {
      return absl::NotFoundError(
          "this evaluation was ended by a restart; ask again with a new "
          "request_id");
    }
  } else {
    const absl::Status started = StartEvaluationLocked(request, id, outbox);
    if (!started.ok()) return started;
    RememberLocked(request.request_id, "Evaluate", body, id.ToBytes());
  }
  journal_.AfterCommit([this, id, answer](const absl::StatusOr<uint64_t>& seq,
                                          Outbox& out) MDRL_REQUIRES(mutex_) {
    if (!seq.ok()) {
      out.push_back([answer, why = seq.status()] { answer(why); });
      return;
    }
    out.push_back([answer, view = *evaluations_.Find(id)] { answer(view); });
  });
  return absl::OkStatus();
}

absl::StatusOr<std::vector<const PromptSet*>> FrontDesk::EvaluatedSetsLocked(
    const std::vector<Digest>& wanted) const {
  std::vector<const PromptSet*> sets;
  for (const Digest& sha256 : wanted) {
    sets.push_back(library_.Find(sha256));
    if (sets.back() == nullptr) {
      return absl::NotFoundError(
          absl::StrCat("no prompt set ", sha256.ToHex(6)));
    }
  }
  if (wanted.empty()) {
    for (const auto& set : library_.sets()) {
      if (set->state == PromptSetState::kHeldOut) sets.push_back(set.get());
    }
  }
  if (sets.empty()) {
    return absl::FailedPreconditionError(
        "no held-out prompt set was submitted, and the request names none");
  }
  return sets;
}

absl::Status FrontDesk::StartEvaluationLocked(const EvaluateRequest& request,
                                              EvaluationId& id,
                                              Outbox& outbox) {
  if (evaluations_.open() >= kMaxEvaluations) {
    return Refusal(
        absl::StatusCode::kResourceExhausted, reason::kQueueFull,
        absl::StrCat(kMaxEvaluations,
                     " evaluations are running; wait for one to end"),
        absl::Seconds(5));
  }
  const auto sets = EvaluatedSetsLocked(request.set_sha256);
  if (!sets.ok()) return sets.status();
  const std::vector<DecodeSettings>& decodes =
      request.decode.empty() ? options_.eval_decode : request.decode;
  for (const DecodeSettings& decode : decodes) {
    const absl::Status fits = CheckDecode(decode);
    if (!fits.ok()) return fits;
  }
  const auto snapshot =
      store_.Find({.version = request.version.value_or(table_.newest()),
                   .manifest_sha256 = {}});
  if (!snapshot.ok() || !store_.TryPin((*snapshot)->manifest.version)) {
    return absl::NotFoundError(snapshot.status().message());
  }
  const Version version = (*snapshot)->manifest.version;
  const uint32_t group_size =
      request.group_size == 0 ? options_.eval_group_size : request.group_size;
  id = Cut<EvaluationId>(Sha256()
                             .String("mdrl.evaluation.v1")
                             .Bytes(options_.run_id)
                             .U64(options_.epoch)
                             .U64(next_evaluation_ticket_)
                             .U64(evaluations_started_++)
                             .Finish());
  EvaluationView view{
      .id = id, .policy = (*snapshot)->ref(), .rows = {}, .took = {}};
  journal_.Add(EvaluationStarted{.id = id, .version = version, .request = ""});
  for (const PromptSet* set : *sets) {
    for (const DecodeSettings& decode : decodes) {
      EvaluationRow row;
      row.task = set->task;
      row.set_sha256 = set->sha256;
      row.decode = decode;
      row.total =
          library_.EvaluationIndices(set->sha256, request.max_prompts).size() *
          group_size;
      view.rows.push_back(std::move(row));
    }
  }
  evaluations_.Open(view, group_size, clock_.Now());
  for (size_t i = 0; i < view.rows.size(); ++i) {
    IssueEvaluationRowLocked(id, i, view.rows[i], version, request.max_prompts);
  }
  if (evaluations_.OpenTickets(id).empty()) {
    evaluations_.Cancel(id, clock_.Now());
    EvaluationOverLocked(id, outbox);
  }
  return absl::OkStatus();
}

void FrontDesk::IssueEvaluationRowLocked(const EvaluationId& id, size_t place,
                                         const EvaluationRow& row,
                                         Version version,
                                         uint64_t max_prompts) {
  // Ticket numbers never come again, so neither does this row's occurrence.
  const uint64_t occurrence = next_evaluation_ticket_;
  uint64_t in_row = 0;
  for (const uint64_t index :
       library_.EvaluationIndices(row.set_sha256, max_prompts)) {
    Ticket ticket;
    ticket.id = {Purpose::kEvaluate, next_evaluation_ticket_++};
    ticket.of = {
        .set_sha256 = row.set_sha256,
        .index = index,
        .occurrence = occurrence,
        .group_id = MakeGroupId(static_cast<uint32_t>(Purpose::kEvaluate),
                                row.set_sha256, index, occurrence)};
    ticket.task = row.task;
    ticket.min_version = version;
    ticket.exact_version = version;
    TicketIssued issued;
    issued.ticket = ticket.id;
    issued.group_id = ticket.of.group_id;
    issued.set_sha256 = row.set_sha256;
    issued.index = index;
    issued.occurrence = occurrence;
    issued.min_version = version;
    issued.exact = true;
    journal_.Add(std::move(issued));
    evaluations_.AddTicket(ticket.id.number, {id, place, in_row++});
    table_.Issue(std::move(ticket));
  }
}

void FrontDesk::EvaluationOverLocked(const EvaluationId& id, Outbox& outbox) {
  const EvaluationView& view = *evaluations_.Find(id);
  store_.Unpin(view.policy.version.value_or(0));
  journal_.Add(
      EvaluationFinished{.id = id,
                         .state = view.state == EvaluationView::State::kDone
                                      ? EvaluationState::kDone
                                      : EvaluationState::kCancelled,
                         .result = ResultOf(view)});
  for (auto& [answer, over] : evaluations_.TakeWaiters(id)) {
    outbox.push_back(
        [answer = std::move(answer), over = std::move(over)] { answer(over); });
  }
  changed_.NotifyAll();
}

void FrontDesk::CancelEvaluationLocked(const EvaluationId& id, Outbox& outbox) {
  const std::vector<uint64_t> tickets = evaluations_.OpenTickets(id);
  evaluations_.Cancel(id, clock_.Now());
  for (const uint64_t number : tickets) {
    const TicketId ticket{Purpose::kEvaluate, number};
    const Ticket* open = table_.Find(ticket);
    // A group on its way to the disk is taken there, and forgotten after.
    if (open == nullptr || open->state == TicketState::kSubmitted) continue;
    table_.Drop(ticket, Reason::kCancelled);
    journal_.Add(TicketDropped{.ticket = ticket, .reason = Reason::kCancelled});
  }
  EvaluationOverLocked(id, outbox);
}

void FrontDesk::GetEvaluation(const EvaluationId& id, absl::Duration wait,
                              bool cancel, Answer<EvaluationView> answer) {
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    const EvaluationView* view = evaluations_.Find(id);
    if (view == nullptr) {
      outbox.push_back([&answer, id] {
        answer(absl::NotFoundError(
            absl::StrCat("no evaluation ", id.ToHex(6), " in this epoch")));
      });
    } else {
      if (cancel && view->state < EvaluationView::State::kDone) {
        CancelEvaluationLocked(id, outbox);
      }
      if (view->state >= EvaluationView::State::kDone ||
          wait <= absl::ZeroDuration() || closed_) {
        outbox.push_back([&answer, view = *view] { answer(view); });
      } else {
        evaluations_.Park(id, {answer, clock_.Now() + wait});
      }
    }
    journal_.Flush();
  }
  RunAll(outbox);
}

void FrontDesk::Drain(DrainRequest request, Answer<RunStatus> answer) {
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    absl::Status status = ServingLocked();
    if (status.ok() && !request.worker.empty()) {
      Worker* worker = workers_.FindByName(request.worker);
      if (worker == nullptr) {
        status = absl::NotFoundError(
            absl::StrCat("no worker ", request.worker, " is registered"));
      } else {
        worker->drain = true;
        PumpLocked(outbox);
      }
    } else if (status.ok()) {
      draining_ = true;
      drain_checkpoint_ |= request.checkpoint;
      EndRoundsLocked(outbox);
    }
    if (status.ok()) {
      journal_.Add(
          EventNoted{.kind = "drain", .subject = request.worker, .body = ""});
      AnswerAfterCommitLocked(answer, StatusLocked(false, false), outbox);
    } else {
      outbox.push_back([&answer, status] { answer(status); });
    }
    journal_.Flush();
  }
  RunAll(outbox);
}

}  // namespace mdrl
