// Users: prompt sets, drain.

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "services/learner/desk/front_desk.h"

namespace mdrl {
namespace {

// Of a set that is being written, per commit.
constexpr size_t kPromptsPerRow = 2000;

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
  auto spool =
      PromptSpool::Create(std::filesystem::path(ledger_.path()).parent_path());
  if (!spool.ok()) return spool.status();
  return std::unique_ptr<PromptSetSubmission>(
      new PromptSetSubmission(*this, std::move(header), *std::move(spool)));
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
  const auto remembered = RememberedLocked(header.request_id, body);
  if (!remembered.ok()) return remembered.status();
  if (const PromptSet* known = library_.Find(sha256)) {
    PromptSetView view = ViewOf(*known);
    view.already_known = true;
    AnswerAfterCommitLocked(answer, std::move(view), outbox);
    return absl::OkStatus();
  }
  if (const auto adding = adding_.find(sha256); adding != adding_.end()) {
    adding->second->also.push_back(answer);
    return absl::OkStatus();
  }
  const bool name_taken =
      library_.FindByName(header.name) != nullptr ||
      std::any_of(adding_.begin(), adding_.end(), [&](const auto& entry) {
        return entry.second->set.name == header.name;
      });
  if (name_taken) {
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
                .count = submission.spool_.size()};
  for (const uint64_t index : submission.over_length_) {
    set.MarkOverLength(index);
  }
  if (header.dry_run) {
    AnswerAfterCommitLocked(answer, ViewOf(set), outbox);
    return absl::OkStatus();
  }
  for (const auto& [remark, count] : submission.remarks_) {
    Log(LogLevel::kWarn, "prompt_remark", remark,
        {{"set", header.name}, {"prompts", absl::StrCat(count)}});
  }
  auto adding = std::make_shared<AddingSet>(
      AddingSet{.set = std::move(set),
                .spool = std::move(submission.spool_),
                .request_id = header.request_id,
                .body = body,
                .written = 0,
                .first = answer,
                .also = {}});
  adding_[sha256] = adding;
  WriteNextPartLocked(adding, outbox);
  return absl::OkStatus();
}

// Part after part, each with its own commit: what the run itself has to write
// never waits for a million prompts.
void FrontDesk::WriteNextPartLocked(const std::shared_ptr<AddingSet>& adding,
                                    Outbox& outbox) {
  if (closed_) {
    EndAddingLocked(*adding, absl::UnavailableError("the learner is closing"),
                    outbox);
    return;
  }
  auto rows = adding->spool.Read(kPromptsPerRow);
  if (!rows.ok()) {
    EndAddingLocked(*adding, rows.status(), outbox);
    return;
  }
  const PromptSet& set = adding->set;
  const auto pending = Cut<RequestId>(set.sha256);
  const bool all = rows->empty();
  if (all) {
    journal_.Add(PromptSetAdded{.pending_id = pending,
                                .sha256 = set.sha256,
                                .name = set.name,
                                .task = set.task,
                                .state = set.state,
                                .count = set.count,
                                .weight = set.weight.value_or(0.0),
                                .submitter = ""});
    RememberLocked(adding->request_id, "SubmitPromptSet", adding->body,
                   set.sha256.ToBytes());
  } else {
    const uint64_t first = adding->written;
    adding->written += rows->size();
    journal_.Add(PromptsPending{.pending_id = pending,
                                .first_index = first,
                                .prompts = *std::move(rows),
                                .sha256 = set.sha256});
  }
  journal_.AfterCommit([this, adding, all](const absl::StatusOr<uint64_t>& seq,
                                           Outbox& out) MDRL_REQUIRES(mutex_) {
    if (seq.ok() && !all) {
      WriteNextPartLocked(adding, out);
    } else {
      EndAddingLocked(*adding, seq.status(), out);
    }
  });
}

void FrontDesk::EndAddingLocked(AddingSet& adding, const absl::Status& status,
                                Outbox& outbox) {
  adding_.erase(adding.set.sha256);
  const auto tell = [&outbox](const Answer<PromptSetView>& answer,
                              absl::StatusOr<PromptSetView> view) {
    outbox.push_back([answer, view = std::move(view)] { answer(view); });
  };
  PromptSetView view = ViewOf(adding.set);
  tell(adding.first,
       status.ok() ? absl::StatusOr<PromptSetView>(view) : status);
  view.already_known = true;
  for (const Answer<PromptSetView>& answer : adding.also) {
    tell(answer, status.ok() ? absl::StatusOr<PromptSetView>(view) : status);
  }
  if (!status.ok()) return;
  const absl::Status added = library_.Add(std::move(adding.set));
  MDRL_CHECK(added.ok()) << added.message();
  IssueLocked();
  changed_.NotifyAll();
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
          .count = set.count,
          .weight = set.weight,
          .passes = set.cursor.pass,
          .issued = set.issued,
          .trained = set.trained,
          .over_length = set.over_length_count,
          .quarantined = {set.quarantined.begin(), set.quarantined.end()},
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
      // Open tickets are to finish: a pause would keep them for ever.
      PauseLocked(false, "the run drains");
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
