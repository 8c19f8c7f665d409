// Evaluations: a pinned version against prompt sets.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "nlohmann/json.hpp"
#include "services/learner/desk/check_decode.h"
#include "services/learner/desk/front_desk.h"

namespace mdrl {
namespace {

constexpr size_t kMaxEvaluations = 4;

template <typename Id, typename Hash>
Id Cut(const Hash& digest) {
  Id id;
  std::copy_n(digest.bytes.begin(), id.bytes.size(), id.bytes.begin());
  return id;
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

// What the ledger keeps of an evaluation and its event tells.
std::string ResultOf(const EvaluationView& view) {
  nlohmann::json rows = nlohmann::json::array();
  for (const EvaluationRow& row : view.rows) {
    rows.push_back({{"task", row.task},
                    {"set", row.set_sha256.ToHex()},
                    {"canvas", row.decode.canvas_tokens},
                    {"decode_steps", row.decode.decode_steps},
                    {"done", row.done},
                    {"total", row.total},
                    {"service_errors", row.service_errors},
                    {"correct", row.correct},
                    {"reward_mean", row.reward_mean},
                    {"effective_tokens_mean", row.effective_tokens_mean},
                    {"reward_stddev", row.reward_stddev},
                    {"verdicts", row.verdicts},
                    {"extra", row.extra}});
  }
  return nlohmann::json({{"version", view.policy.version.value_or(0)},
                         {"seconds", absl::ToDoubleSeconds(view.took)},
                         {"rows", std::move(rows)}})
      .dump();
}

}  // namespace

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
  std::vector<DecodeSettings> decodes =
      request.decode.empty() ? options_.eval_decode : request.decode;
  for (DecodeSettings& decode : decodes) {
    const absl::Status fits = CheckDecode(decode, options_.context);
    if (!fits.ok()) return fits;
    // A caller need not know this model's ids.
    if (decode.forbid_ids.empty()) {
      decode.forbid_ids = options_.decode.forbid_ids;
    }
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
  metrics_.CountEvaluation(view);
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

}  // namespace mdrl
