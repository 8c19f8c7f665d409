// Pausing and resuming the run; states of prompt sets.

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "nlohmann/json.hpp"
#include "services/learner/desk/front_desk.h"

namespace mdrl {
namespace {

constexpr uint32_t kDefaultPage = 100;
constexpr uint32_t kLargestPage = 1000;

std::string NoteBody(const std::string& why) {
  return nlohmann::json({{"why", why}})
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Digest BodyOf(const SetPromptSetStateRequest& request) {
  Sha256 hash;
  hash.String("SetPromptSetState")
      .Bytes(request.sha256)
      .U32(static_cast<uint32_t>(request.state.value_or(PromptSetState{0})))
      .U64(request.lift_quarantine.size());
  for (const uint64_t index : request.lift_quarantine) hash.U64(index);
  return hash.Finish();
}

absl::Status CheckChange(const PromptSet& set,
                         const SetPromptSetStateRequest& request) {
  for (const uint64_t index : request.lift_quarantine) {
    if (index < set.count) continue;
    return absl::InvalidArgumentError(absl::StrCat("lift_quarantine: prompt ",
                                                   index, " of set ", set.name,
                                                   ", which has ", set.count));
  }
  if (!request.state.has_value() || *request.state == set.state) {
    return absl::OkStatus();
  }
  if (set.state == PromptSetState::kRetired) {
    return absl::FailedPreconditionError(
        absl::StrCat("prompt set ", set.name,
                     " is retired for good; submit it anew under "
                     "another name if its prompts are wanted"));
  }
  const bool held_out = set.state == PromptSetState::kHeldOut;
  if (*request.state == PromptSetState::kHeldOut ||
      (held_out && *request.state != PromptSetState::kRetired)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "prompt set ", set.name, " is ", held_out ? "held out" : "for training",
        " since its submission, and stays so: nothing may move between "
        "training and evaluation"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<bool> FrontDesk::RememberedLocked(const RequestId& request_id,
                                                 const Digest& body) const {
  const auto remembered = requests_.find(request_id);
  if (request_id.IsZero() || remembered == requests_.end()) return false;
  if (remembered->second.body != body) {
    return absl::InvalidArgumentError(
        "this request_id was used for another request");
  }
  return true;
}

void FrontDesk::Pause(RunCommand request, Answer<RunStatus> answer) {
  SetPaused(true, std::move(request), std::move(answer));
}

void FrontDesk::Resume(RunCommand request, Answer<RunStatus> answer) {
  SetPaused(false, std::move(request), std::move(answer));
}

void FrontDesk::SetPaused(bool paused, RunCommand request,
                          Answer<RunStatus> answer) {
  Recall(request.request_id);
  const std::string rpc = paused ? "Pause" : "Resume";
  const Digest body = Sha256().String(rpc).String(request.why).Finish();
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    absl::Status status = ServingLocked();
    if (status.ok()) {
      const auto again = RememberedLocked(request.request_id, body);
      status = again.status();
      if (again.ok() && !*again) {
        PauseLocked(paused, request.why);
        RememberLocked(request.request_id, rpc, body, "");
      }
    }
    if (status.ok()) {
      PumpLocked(outbox);
      AnswerAfterCommitLocked(answer, StatusLocked(false, false), outbox);
    } else {
      outbox.push_back([&answer, status] { answer(status); });
    }
    journal_.Flush();
  }
  RunAll(outbox);
}

void FrontDesk::PauseLocked(bool paused, const std::string& why) {
  if (paused_.has_value() == paused) return;
  if (paused) {
    paused_ = Paused{why, clock_.Now()};
  } else {
    paused_.reset();
  }
  // The key holds why the run is paused; none: it is not.
  journal_.Add(MetaSet{kPausedKey, paused ? absl::StrCat("1", why) : ""});
  journal_.Add(EventNoted{.kind = paused ? "paused" : "resumed",
                          .subject = "",
                          .body = NoteBody(why)});
  changed_.NotifyAll();
}

absl::Status FrontDesk::AwaitResumed() {
  MutexLock lock(mutex_);
  while (paused_.has_value() && !stopped_.has_value() && failed_.ok()) {
    changed_.Wait(mutex_);
  }
  if (!failed_.ok()) return failed_;
  if (stopped_.has_value()) {
    return absl::CancelledError("the learner is stopping");
  }
  return absl::OkStatus();
}

absl::StatusOr<PromptSetPage> FrontDesk::ListPromptSets(
    uint32_t page_size, const std::string& page_token) const {
  MutexLock lock(mutex_);
  const auto& sets = library_.sets();
  uint64_t first = 0;
  if (!page_token.empty() &&
      (!absl::SimpleAtoi(page_token, &first) || first > sets.size())) {
    return absl::InvalidArgumentError(
        "page_token is not one that ListPromptSets gave");
  }
  const uint64_t size =
      page_size == 0 ? kDefaultPage : std::min(page_size, kLargestPage);
  PromptSetPage page;
  const uint64_t end = std::min<uint64_t>(sets.size(), first + size);
  for (uint64_t i = first; i < end; ++i) {
    page.sets.push_back(ViewOf(*sets[i]));
  }
  if (end < sets.size()) page.next_page_token = absl::StrCat(end);
  return page;
}

void FrontDesk::SetPromptSetState(SetPromptSetStateRequest request,
                                  Answer<PromptSetView> answer) {
  Recall(request.request_id);
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    absl::Status status = ServingLocked();
    const PromptSet* set = library_.Find(request.sha256);
    if (status.ok() && set == nullptr) {
      status = absl::NotFoundError(
          absl::StrCat("no prompt set ", request.sha256.ToHex(6)));
    }
    if (status.ok()) {
      const Digest body = BodyOf(request);
      const auto again = RememberedLocked(request.request_id, body);
      status = again.status();
      if (again.ok() && !*again) status = CheckChange(*set, request);
      if (status.ok() && !*again) {
        ChangePromptSetLocked(*set, request, outbox);
        RememberLocked(request.request_id, "SetPromptSetState", body, "");
      }
    }
    if (status.ok()) {
      IssueLocked();
      PumpLocked(outbox);
      AnswerAfterCommitLocked(answer, ViewOf(*set), outbox);
    } else {
      outbox.push_back([&answer, status] { answer(status); });
    }
    journal_.Flush();
  }
  RunAll(outbox);
}

void FrontDesk::ChangePromptSetLocked(const PromptSet& set,
                                      const SetPromptSetStateRequest& request,
                                      Outbox& outbox) {
  for (const uint64_t index : request.lift_quarantine) {
    if (!set.quarantined.contains(index)) continue;
    library_.LiftQuarantine(set.sha256, index);
    journal_.Add(PromptQuarantined{.set_sha256 = set.sha256,
                                   .index = index,
                                   .reason = Reason::kUnspecified});
  }
  if (!request.state.has_value() || *request.state == set.state) return;
  library_.SetState(set.sha256, *request.state);
  journal_.Add(
      PromptSetStateChanged{.sha256 = set.sha256, .state = *request.state});
  if (*request.state == PromptSetState::kRetired) {
    CancelTicketsOfLocked(set.sha256, outbox);
  }
}

void FrontDesk::CancelTicketsOfLocked(const Digest& sha256, Outbox& outbox) {
  for (const TicketFacts& open : table_.Facts(clock_.Now())) {
    if (open.set_sha256 != sha256) continue;
    if (open.id.purpose == Purpose::kTrain) {
      // Its place in the round stays: another set's prompt comes into it.
      EndedLocked(table_.Vacate(open.id, Reason::kCancelled), outbox);
      continue;
    }
    const EvaluationBook::Part* part = evaluations_.PartOf(open.id.number);
    if (open.id.purpose != Purpose::kEvaluate || part == nullptr ||
        open.state == TicketState::kSubmitted) {
      continue;
    }
    const EvaluationId evaluation = part->evaluation;
    table_.Drop(open.id, Reason::kCancelled);
    journal_.Add(
        TicketDropped{.ticket = open.id, .reason = Reason::kCancelled});
    if (evaluations_.TakeDropped(open.id.number, clock_.Now())) {
      EvaluationOverLocked(evaluation, outbox);
    }
  }
}

}  // namespace mdrl
