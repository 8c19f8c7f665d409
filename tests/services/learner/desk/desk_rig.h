// A front desk over a real ledger in a folder of its own, and a worker's calls
// as blocking ones.
//
// The worker and the answers may be used from any thread, each by one.
#ifndef MDRL_TESTS_SERVICES_LEARNER_DESK_DESK_RIG_H_
#define MDRL_TESTS_SERVICES_LEARNER_DESK_DESK_RIG_H_

#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "common/sync/mutex.h"
#include "gtest/gtest.h"
#include "services/learner/desk/front_desk.h"
#include "services/learner/ledger/ledger.h"
#include "tests/testing/fake_clock.h"

namespace mdrl {

constexpr uint32_t kRigCanvas = 4;
constexpr uint32_t kRigVocabulary = 16;

// One answer that a test waits for. Shared with the callback, so that an
// answer that comes after the test is gone does no harm.
template <typename T>
class Awaited {
 public:
  Answer<T> answer() const {
    return [state = state_](absl::StatusOr<T> value) {
      MutexLock lock(state->mutex);
      EXPECT_FALSE(state->value.has_value()) << "answered twice";
      state->value = std::move(value);
      state->changed.NotifyAll();
    };
  }
  absl::StatusOr<T> Wait() const {
    MutexLock lock(state_->mutex);
    while (!state_->value.has_value()) state_->changed.Wait(state_->mutex);
    return *state_->value;
  }
  bool come() const {
    MutexLock lock(state_->mutex);
    return state_->value.has_value();
  }

 private:
  struct State {
    Mutex mutex;
    Condition changed;
    std::optional<absl::StatusOr<T>> value MDRL_GUARDED_BY(mutex);
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

inline DecodeSettings RigDecode() {
  DecodeSettings decode;
  decode.canvas_tokens = kRigCanvas;
  decode.block_tokens = 2;
  decode.decode_steps = 4;
  decode.forbid_ids = {0};
  return decode;
}

inline DeskOptions RigOptions(uint64_t groups_per_round,
                              uint64_t max_staleness) {
  DeskOptions options;
  options.run_id.bytes[0] = 9;
  options.epoch = 1;
  options.seed = 42;
  options.vocabulary = kRigVocabulary;
  options.groups_per_round = groups_per_round;
  options.group_size = 2;
  options.max_staleness = max_staleness;
  options.decode = RigDecode();
  options.eval_decode = {RigDecode()};
  options.tasks["sort"] = {.rubric = "bare",
                           .eval_rubric = "bare",
                           .weights = {},
                           .keep_text_after_eos = false,
                           .failure_reward = -0.25};
  options.max_prompt_tokens = 8;
  options.tokenize =
      [](const Prompt& prompt) -> absl::StatusOr<std::vector<int32_t>> {
    std::vector<int32_t> tokens;
    for (const char c : prompt.turns.front().text) tokens.push_back(c % 16);
    return tokens;
  };
  options.group_codec.encode = [](const Group& group) {
    return absl::StrCat("group ", group.key.group_id.ToHex());
  };
  return options;
}

inline std::shared_ptr<const Snapshot> RigSnapshot(Version version) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->manifest.version = version;
  snapshot->manifest_sha256 = Sha256Of(absl::StrCat("version ", version));
  return snapshot;
}

inline std::vector<Prompt> RigPrompts(uint64_t count, const std::string& word) {
  std::vector<Prompt> prompts(count);
  for (uint64_t i = 0; i < count; ++i) {
    prompts[i].task = "sort";
    prompts[i].turns = {{"user", absl::StrCat(word, i)}};
    prompts[i].id = absl::StrCat("p", i);
  }
  return prompts;
}

// What a worker would submit for `lease`: tokens from its key, so that two
// attempts agree.
inline Group RigGroup(const Lease& lease) {
  Group group;
  group.key = lease.key;
  group.purpose = lease.purpose;
  group.ticket = lease.ticket;
  group.decode = lease.decode;
  for (uint32_t i = 0; i < lease.group_size; ++i) {
    Completion completion;
    completion.index = i;
    for (uint32_t n = 0; n < kRigCanvas; ++n) {
      completion.tokens.push_back((lease.philox_key >> n) % kRigVocabulary);
      completion.reveal_step.push_back(static_cast<uint16_t>(n));
      completion.confidence.push_back(0.5f);
    }
    completion.effective_tokens = kRigCanvas;
    completion.versions = {{0, lease.exact_version.value_or(0)}};
    completion.score.outcome = Outcome::kScored;
    completion.score.reward = i;
    completion.score.correct = i == 0;
    completion.score.components = {{"correct_cells", 3.0, 0.0}};
    group.completions.push_back(std::move(completion));
  }
  return group;
}

class Rig {
 public:
  explicit Rig(DeskOptions options, Clock* clock = nullptr)
      : clock_(clock != nullptr ? clock : &fake_clock_) {
    std::string folder =
        (std::filesystem::temp_directory_path() / "mdrl-desk-").string() +
        std::string(6, 'X');  // mkdtemp puts letters here
    MDRL_CHECK(mkdtemp(folder.data()) != nullptr) << "no temporary folder";
    folder_ = folder;
    LedgerOptions ledger;
    ledger.path = folder_ + "/ledger.db";
    ledger.commit_delay = absl::Milliseconds(1);
    ledger.disk = [this] {
      return disk_full.load()
                 ? ErrorWith(absl::StatusCode::kUnavailable, reason::kDiskFull,
                             "", "the test's disk is full")
                 : absl::OkStatus();
    };
    auto opened = Ledger::Open(std::move(ledger));
    MDRL_CHECK(opened.ok()) << opened.status().message();
    ledger_ = *std::move(opened);
    auto start = ledger_->Commit(LedgerWrite().Add(
        EpochStarted{.epoch = 1, .build = "test", .checkpoint = ""}));
    MDRL_CHECK(start.ok()) << start.status().message();
    desk_ = std::make_unique<FrontDesk>(std::move(options), *clock_, *ledger_);
  }
  ~Rig() {
    desk_.reset();
    ledger_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  // While it is set, the ledger's commits fail as on a full disk.
  std::atomic<bool> disk_full{false};

  FrontDesk& desk() { return *desk_; }
  FakeClock& clock() { return fake_clock_; }
  Ledger& ledger() { return *ledger_; }

  absl::StatusOr<PromptSetView> SubmitPrompts(std::vector<Prompt> prompts,
                                              PromptSetHeader header = {}) {
    if (header.name.empty()) header.name = "set";
    if (header.task.empty()) header.task = "sort";
    if (header.count == 0) header.count = prompts.size();
    auto submission = desk_->BeginPromptSet(header);
    if (!submission.ok()) return submission.status();
    const absl::Status appended = (*submission)->Append(std::move(prompts));
    if (!appended.ok()) return appended;
    Awaited<PromptSetView> view;
    (*submission)->Finish(view.answer());
    return view.Wait();
  }

  // What the loop does with a round, the optimizer left out.
  absl::Status TrainRound() {
    auto round = desk_->TakeRound();
    if (!round.ok()) return round.status();
    desk_->OnRoundTrained(round->round);
    desk_->Publish(RigSnapshot(round->round + 1));
    return absl::OkStatus();
  }

 private:
  FakeClock fake_clock_;
  Clock* const clock_;
  std::string folder_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<FrontDesk> desk_;
};

// A rollout worker that makes its calls directly.
class RigWorker {
 public:
  RigWorker(FrontDesk& desk, std::string name, uint8_t boot,
            uint32_t capacity = 2)
      : desk_(desk) {
    request_.name = std::move(name);
    request_.boot_id.bytes[0] = boot;
    request_.capacity = capacity;
    request_.scorers = {{.task = "sort",
                         .verifier_version = "1",
                         .sandbox = "",
                         .rubrics = {"bare"}}};
  }

  absl::Status Register(std::vector<LeaseKey> held = {}) {
    request_.held = std::move(held);
    request_.build = build;
    Awaited<RegisterReply> reply;
    desk_.Register(request_, reply.answer());
    const auto come = reply.Wait();
    if (!come.ok()) return come.status();
    caller_ = {.run_id = come->run_id,
               .epoch = come->epoch,
               .registration_id = come->registration_id,
               .call = 0};
    adopted = come->adopted;
    return Renew({}).status();
  }
  void NextLife() { ++request_.life; }

  absl::StatusOr<RenewReply> Renew(const std::vector<mdrl::Lease>& held,
                                   uint64_t progress = 0) {
    RenewRequest request;
    request.caller = caller_;
    request.state = RenewRequest::Worker::kReady;
    request.lease_call_seen = caller_.call;
    for (const mdrl::Lease& lease : held) {
      request.leases.push_back({.key = lease.key,
                                .phase = RenewRequest::Phase::kDecoding,
                                .progress = progress,
                                .progress_total = 0});
    }
    return desk_.Renew(request);
  }

  LeaseRequest NextLeaseRequest(uint32_t max, absl::Duration wait) {
    ++caller_.call;
    return {.caller = caller_, .max_leases = max, .wait = wait};
  }
  absl::StatusOr<LeaseReply> Lease(uint32_t max = 1,
                                   absl::Duration wait = absl::Seconds(60)) {
    Awaited<LeaseReply> reply;
    desk_.Lease(NextLeaseRequest(max, wait), reply.answer());
    return reply.Wait();
  }

  // The leases alone; empty after an error, which fails the test.
  std::vector<mdrl::Lease> Leases(uint32_t max) {
    const auto reply = Lease(max);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? reply->leases : std::vector<mdrl::Lease>{};
  }

  absl::StatusOr<SubmitGroupReply> Submit(Group group) {
    Awaited<SubmitGroupReply> reply;
    SubmitGroupRequest request{.caller = caller_,
                               .content_sha256 = ContentSha256(group),
                               .group = std::move(group)};
    desk_.SubmitGroup(std::move(request), reply.answer());
    return reply.Wait();
  }

  absl::StatusOr<ReturnLeaseReply> Return(const LeaseKey& key, Reason why) {
    Awaited<ReturnLeaseReply> reply;
    desk_.ReturnLease({.caller = caller_,
                       .leases = {{.key = key, .reason = why, .detail = ""}}},
                      reply.answer());
    return reply.Wait();
  }

  const Caller& caller() const { return caller_; }
  std::vector<LeaseKey> adopted;
  Build build;  // that it registers with

 private:
  FrontDesk& desk_;
  RegisterRequest request_;
  Caller caller_;
};

}  // namespace mdrl

#endif  // MDRL_TESTS_SERVICES_LEARNER_DESK_DESK_RIG_H_
