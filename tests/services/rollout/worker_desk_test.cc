// The real front desk and the real worker, joined by direct calls: everything
// of the loop but Torch and gRPC.
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/clock.h"
#include "common/sync/periodic_task.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/rollout/worker.h"
#include "tests/common/policy/plain_manifest_codec.h"
#include "tests/services/learner/desk/desk_rig.h"
#include "tests/services/rollout/fake_engine.h"
#include "tests/testing/direct_link.h"

namespace mdrl {
namespace {

std::shared_ptr<const Snapshot> PolicyOf(const DeskOptions& desk,
                                         Version version) {
  Manifest manifest;
  manifest.run_id = desk.run_id;
  manifest.epoch = desk.epoch;
  manifest.version = version;
  return MakeSnapshot(manifest, absl::StrCat("weights ", version),
                      PlainManifestCodec());
}

absl::StatusOr<ScoreReply> ScoreByLength(const ScoreRequest& request) {
  ScoreReply reply;
  for (const ScoreRequest::Text& text : request.texts) {
    Score score;
    score.outcome = Outcome::kScored;
    score.reward = static_cast<double>(text.text.size());
    reply.items.push_back({text.index, score});
  }
  return reply;
}

TaskListing OneTask() {
  TaskListing listing;
  listing.tasks.push_back({"sort", "1", {}, false, {"bare"}, "", {}});
  return listing;
}

// One worker process, as far as there is one.
struct Member {
  Member(FrontDesk& desk, int number)
      : learner(desk), reward(ScoreByLength, OneTask) {
    WorkerOptions options;
    options.name = absl::StrCat("worker-", number);
    options.boot_id.bytes[0] = static_cast<uint8_t>(number + 1);
    options.lanes = 2;
    options.max_rows = 8;
    options.heartbeat = absl::Milliseconds(20);
    options.lease_wait = absl::Seconds(5);
    options.first_pause = absl::Milliseconds(5);
    options.manifest_codec = PlainManifestCodec();
    options.text_of = [](const Lease&, const Completion& completion) {
      return absl::StrJoin(completion.tokens, " ");
    };
    worker = std::make_unique<RolloutWorker>(options, learner, reward, engine);
    thread = std::thread([this] { status = worker->Run(); });
  }
  void Close() {
    worker->Close();
    if (thread.joinable()) thread.join();
  }
  ~Member() { Close(); }

  DirectLearnerLink learner;
  DirectRewardLink reward;
  FakeEngine engine;
  absl::Status status;
  std::unique_ptr<RolloutWorker> worker;
  std::thread thread;
};

// The content of every group of `rounds` rounds, in training order.
std::vector<Digest> Train(int workers, uint64_t rounds, uint64_t max_staleness,
                          bool replace_one) {
  DeskOptions options = RigOptions(4, max_staleness);
  // What a closed worker held is lent again after this.
  options.lease_for = absl::Seconds(2);
  Rig rig(options, &Clock::Real());
  PeriodicTask tick("tick", absl::Milliseconds(20),
                    [&rig] { rig.desk().Tick(); });
  EXPECT_TRUE(rig.SubmitPrompts(RigPrompts(32, "word")).ok());
  rig.desk().Publish(PolicyOf(options, 0));
  std::vector<std::unique_ptr<Member>> members;
  for (int i = 0; i < workers; ++i) {
    members.push_back(std::make_unique<Member>(rig.desk(), i));
  }
  std::vector<Digest> contents;
  for (uint64_t round = 0; round < rounds; ++round) {
    const auto groups = rig.desk().TakeRound();
    EXPECT_TRUE(groups.ok()) << groups.status();
    if (!groups.ok()) break;
    for (const ScoredGroup& scored : groups->groups) {
      contents.push_back(ContentSha256(scored.group));
    }
    rig.desk().OnRoundTrained(groups->round);
    rig.desk().Publish(PolicyOf(options, groups->round + 1));
    if (replace_one && round == 1) {
      members.push_back(std::make_unique<Member>(rig.desk(), workers));
      members.erase(members.begin());
    }
  }
  for (const auto& member : members) member->Close();
  for (const auto& member : members) {
    EXPECT_TRUE(member->status.ok()) << member->status;
  }
  tick.Close();
  rig.desk().Close();
  return contents;
}

TEST(WorkerDeskTest, RoundsAreTheSameWhoeverDecodesThem) {
  const std::vector<Digest> one = Train(1, 5, 0, false);
  EXPECT_EQ(one.size(), 20u);
  EXPECT_EQ(Train(3, 5, 0, false), one);
  EXPECT_EQ(Train(2, 5, 0, /*replace_one=*/true), one);
}

TEST(WorkerDeskTest, RoundsAreTheSameWithALag) {
  const std::vector<Digest> one = Train(1, 5, 1, false);
  EXPECT_EQ(one.size(), 20u);
  EXPECT_EQ(Train(2, 5, 1, /*replace_one=*/true), one);
}

TEST(WorkerDeskTest, AReplayedGroupHasTheRecordedTokens) {
  Mutex mutex;
  std::map<std::string, Group> stored;
  DeskOptions options = RigOptions(4, 0);
  options.group_codec.encode = [&](const Group& group) {
    const std::string name = group.key.group_id.ToBytes();
    MutexLock lock(mutex);
    stored[name] = group;
    return name;
  };
  options.group_codec.decode =
      [&](std::string_view name) -> absl::StatusOr<Group> {
    MutexLock lock(mutex);
    return stored.at(std::string(name));
  };
  Rig rig(options, &Clock::Real());
  PeriodicTask tick("tick", absl::Milliseconds(20),
                    [&rig] { rig.desk().Tick(); });
  ASSERT_TRUE(rig.SubmitPrompts(RigPrompts(32, "word")).ok());
  rig.desk().Publish(PolicyOf(options, 0));
  Member member(rig.desk(), 0);
  std::vector<Group> last;
  for (Version version = 1; version <= 2; ++version) {
    const auto round = rig.desk().TakeRound();
    ASSERT_TRUE(round.ok()) << round.status();
    last.clear();
    for (const ScoredGroup& scored : round->groups) {
      last.push_back(scored.group);
    }
    rig.desk().OnRoundTrained(round->round);
    rig.desk().Publish(PolicyOf(options, version));
  }
  for (const Group& recorded : last) {
    GenerateRequest request;
    request.replay_group_id = recorded.key.group_id;
    Awaited<GenerateReply> reply;
    rig.desk().Generate(request, reply.answer());
    const auto again = reply.Wait();
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->policy.version, 1u);
    ASSERT_EQ(again->group.completions.size(), recorded.completions.size());
    for (size_t i = 0; i < recorded.completions.size(); ++i) {
      EXPECT_EQ(again->group.completions[i].tokens,
                recorded.completions[i].tokens);
      EXPECT_EQ(again->group.completions[i].score.outcome,
                Outcome::kUnspecified);
    }
  }
  member.Close();
  EXPECT_TRUE(member.status.ok()) << member.status;
  tick.Close();
  rig.desk().Close();
}

TEST(WorkerDeskTest, AClosedDeskLetsItsWorkerGo) {
  DeskOptions options = RigOptions(4, 0);
  Rig rig(options, &Clock::Real());
  Member member(rig.desk(), 0);
  rig.desk().Close();
  member.Close();
  EXPECT_TRUE(member.status.ok()) << member.status;
}

}  // namespace
}  // namespace mdrl
