#include "services/rollout/worker.h"

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/policy/plain_manifest_codec.h"
#include "tests/services/rollout/fake_engine.h"
#include "tests/services/rollout/fake_learner.h"

namespace mdrl {
namespace {

using ::testing::SizeIs;

WorkerOptions ToyOptions() {
  WorkerOptions options;
  options.name = "worker";
  options.lanes = 2;
  options.max_rows = 16;
  options.heartbeat = absl::Milliseconds(2);
  options.lease_wait = absl::Milliseconds(20);
  options.first_pause = absl::Milliseconds(1);
  options.longest_pause = absl::Milliseconds(2);
  options.manifest_codec = PlainManifestCodec();
  options.text_of = [](const Lease&, const Completion& completion) {
    return absl::StrJoin(completion.tokens, " ");
  };
  return options;
}

// A worker on its own thread, with everything around it in memory.
class Running {
 public:
  explicit Running(WorkerOptions options = ToyOptions()) {
    learner.Publish(PlainSnapshot(0, 0, 64, 1));
    worker_ = std::make_unique<RolloutWorker>(std::move(options), learner,
                                              reward, engine);
    thread_ = std::thread([this] { status = worker_->Run(); });
  }
  ~Running() { Close(); }

  void Close() {
    worker_->Close();
    Join();
  }
  void Join() {
    if (thread_.joinable()) thread_.join();
  }
  RolloutWorker& worker() { return *worker_; }

  FakeLearner learner;
  FakeReward reward;
  FakeEngine engine;
  absl::Status status;

 private:
  std::unique_ptr<RolloutWorker> worker_;
  std::thread thread_;
};

std::vector<Lease> ToyLeases(uint32_t count, uint32_t group_size) {
  std::vector<Lease> leases;
  for (uint32_t i = 0; i < count; ++i) {
    leases.push_back(ToyLease(i, group_size));
  }
  return leases;
}

// What a run of `count` leases submits, by group.
std::map<LeaseKey, Digest> Outcome(WorkerOptions options, uint32_t count,
                                   bool careless = false) {
  Running running(std::move(options));
  running.engine.SetCareless(careless);
  running.learner.Offer(ToyLeases(count, 2));
  running.learner.AwaitSubmitted(count);
  std::map<LeaseKey, Digest> contents;
  for (const auto& [key, group] : running.learner.submitted()) {
    contents[key] = ContentSha256(group);
  }
  return contents;
}

TEST(WorkerTest, LeasesBecomeScoredGroups) {
  Running running;
  running.learner.Offer(ToyLeases(5, 3));
  running.learner.AwaitSubmitted(5);
  for (const auto& [key, group] : running.learner.submitted()) {
    ASSERT_THAT(group.completions, SizeIs(3));
    EXPECT_EQ(group.completions[0].versions[0].version, 0u);
    EXPECT_EQ(group.completions[0].score.outcome, mdrl::Outcome::kScored);
    EXPECT_EQ(running.reward.texts()[key.group_id][2],
              absl::StrJoin(group.completions[2].tokens, " "));
  }
  running.Close();
  EXPECT_TRUE(running.status.ok()) << running.status;
  EXPECT_EQ(running.worker().stats().groups_accepted.load(), 5u);
  EXPECT_EQ(running.worker().stats().completions.load(), 15u);
  EXPECT_THAT(running.learner.returned(), SizeIs(0));
}

TEST(WorkerTest, TheSameGroupsComeOutOfAnyLanesAndBatches) {
  WorkerOptions one = ToyOptions();
  one.lanes = 1;
  one.max_rows = 2;
  WorkerOptions many = ToyOptions();
  many.lanes = 4;
  many.max_rows = 64;
  EXPECT_EQ(Outcome(one, 40), Outcome(many, 40));
}

TEST(WorkerTest, WhereCompanyMattersGroupsAreDecodedAlone) {
  WorkerOptions one = ToyOptions();
  one.lanes = 1;
  one.max_rows = 2;
  EXPECT_EQ(Outcome(one, 20, /*careless=*/true),
            Outcome(ToyOptions(), 20, /*careless=*/true));
}

TEST(WorkerTest, ManySmallGroupsAreDecodedInLargeBatches) {
  WorkerOptions options = ToyOptions();
  options.lanes = 1;
  options.max_rows = 128;
  Running running(options);
  running.engine.SetGate(false);
  running.learner.Offer(ToyLeases(257, 1));
  running.engine.AwaitDecoding(1);
  running.engine.SetGate(true);
  running.learner.AwaitSubmitted(257);
  EXPECT_EQ(running.engine.largest_batch(), 128u);
}

TEST(WorkerTest, AnExactVersionIsDecodedWithThatVersion) {
  Running running;
  running.learner.AwaitRegistered(1);
  running.learner.Publish(PlainSnapshot(1, 0, 64, 2));
  running.learner.Publish(PlainSnapshot(2, 0, 64, 3));
  Lease lease = ToyLease(1);
  lease.exact_version = 1;
  running.learner.Offer({lease});
  running.learner.AwaitSubmitted(1);
  const Group group = running.learner.submitted().begin()->second;
  EXPECT_EQ(group.completions[0].versions[0].version, 1u);
}

TEST(WorkerTest, APolicyThatIsGoneSendsTheLeaseBack) {
  Running running;
  Lease lease = ToyLease(1);
  lease.exact_version = 77;
  running.learner.Offer({lease});
  running.learner.AwaitReturned(1);
  EXPECT_EQ(running.learner.returned()[0].reason, Reason::kPolicyFetch);
}

TEST(WorkerTest, ARevokedLeaseStopsAtTheNextStep) {
  WorkerOptions options = ToyOptions();
  options.lanes = 1;
  Running running(options);
  running.engine.SetGate(false);
  running.learner.Offer({ToyLease(1)});
  running.engine.AwaitDecoding(1);
  running.learner.Revoke(ToyLease(1).key);
  running.learner.AwaitReturned(1);
  EXPECT_THAT(running.learner.submitted(), SizeIs(0));
  // The lane is free again.
  running.engine.SetGate(true);
  running.learner.Offer({ToyLease(2)});
  running.learner.AwaitSubmitted(1);
}

TEST(WorkerTest, ARestartedLearnerIsPresentedWithWhatIsHeld) {
  Running running;
  running.engine.SetGate(false);
  running.learner.Offer(ToyLeases(2, 2));
  running.engine.AwaitDecoding(1);
  running.learner.NewEpoch();
  running.learner.AwaitRegistered(2);
  const auto registrations = running.learner.registrations();
  EXPECT_EQ(registrations[1].life, 2u);
  EXPECT_THAT(registrations[1].held, SizeIs(2));
  running.engine.SetGate(true);
  running.learner.AwaitSubmitted(2);
}

TEST(WorkerTest, ADeadScorerHoldsTheGroupUntilItIsBack) {
  Running running;
  running.reward.FailNext(20, absl::UnavailableError("down"));
  running.learner.Offer({ToyLease(1)});
  running.learner.AwaitSubmitted(1);
  const Group group = running.learner.submitted().begin()->second;
  EXPECT_TRUE(group.completions[0].score.reward.has_value());
}

TEST(WorkerTest, CloseWhileDecodingGivesEveryLeaseBack) {
  Running running;
  running.engine.SetGate(false);
  running.learner.Offer(ToyLeases(40, 4));
  running.engine.AwaitDecoding(2);
  running.Close();
  EXPECT_TRUE(running.status.ok()) << running.status;
  EXPECT_EQ(
      running.learner.returned().size() + running.learner.submitted().size(),
      running.worker().stats().leases.load());
}

TEST(WorkerTest, CloseWithoutALearnerReturnsAtOnce) {
  Running running;
  running.reward.FailNext(1 << 30, absl::UnavailableError("down"));
  running.Close();
  EXPECT_TRUE(running.status.ok()) << running.status;
}

TEST(WorkerTest, AWorkerAskedToDrainDeliversAndEnds) {
  Running running;
  running.engine.SetGate(false);
  running.learner.Offer(ToyLeases(1, 2));
  running.engine.AwaitDecoding(1);
  running.learner.AskToDrain();
  running.engine.SetGate(true);
  running.learner.AwaitSubmitted(1);
  running.Join();
  EXPECT_TRUE(running.status.ok()) << running.status;
}

TEST(WorkerTest, ADestroyedWorkerThatNeverRanLeavesNoThread) {
  FakeLearner learner;
  FakeReward reward;
  FakeEngine engine;
  RolloutWorker worker(ToyOptions(), learner, reward, engine);
}

}  // namespace
}  // namespace mdrl
