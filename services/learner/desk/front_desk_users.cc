// Users: prompt sets, drain.

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
