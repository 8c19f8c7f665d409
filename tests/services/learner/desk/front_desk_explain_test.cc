// Stalls injected into a desk, and what Explain says of them: every wait is
// named with its reason, on a clock that the test moves.
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/learner/desk/front_desk.h"
#include "services/learner/explain/explain.h"
#include "tests/services/learner/desk/desk_rig.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;
using Phase = RenewRequest::Phase;

class FrontDeskExplainTest : public testing::Test {
 protected:
  FrontDeskExplainTest() : rig_(Options()), worker_(rig_.desk(), "w", 1) {
    rig_.desk().Publish(RigSnapshot(0));
  }

  static DeskOptions Options() {
    DeskOptions options = RigOptions(2, 0);
    options.build.version = "1";
    options.group_deadline = absl::Seconds(300);
    return options;
  }
  void AddPrompts(const std::string& name = "set") {
    PromptSetHeader header;
    header.name = name;
    ASSERT_TRUE(rig_.SubmitPrompts(RigPrompts(6, name), header).ok());
  }
  // A worker of the run's own build.
  void Come() {
    worker_.build.version = "1";
    ASSERT_TRUE(worker_.Register().ok());
  }
  void Pass(int seconds) {
    rig_.clock().Advance(absl::Seconds(seconds));
    rig_.desk().Tick();
  }
  Finding Cause(const std::string& subject = "") {
    const auto view = rig_.desk().Explain(subject);
    EXPECT_TRUE(view.ok()) << view.status();
    return view.ok() ? view->chain.back() : Finding{};
  }
  void Renew(const Lease& lease, Phase phase, Reason waits_for,
             uint64_t progress = 1) {
    RenewRequest renew;
    renew.caller = worker_.caller();
    renew.state = RenewRequest::Worker::kReady;
    renew.lease_call_seen = worker_.caller().call;
    renew.leases = {{lease.key, phase, progress, 4, waits_for}};
    ASSERT_TRUE(rig_.desk().Renew(renew).ok());
  }

  Rig rig_;
  RigWorker worker_;
};

TEST_F(FrontDeskExplainTest, NoPrompts) {
  Come();
  const Finding cause = Cause();
  EXPECT_EQ(cause.reason, Reason::kNoPrompts);
  EXPECT_EQ(cause.text, "no prompt set was submitted yet");
  EXPECT_THAT(cause.next, HasSubstr("mdrlctl submit"));
}

TEST_F(FrontDeskExplainTest, NoWorker) {
  AddPrompts();
  Pass(20);
  const Finding cause = Cause();
  EXPECT_EQ(cause.reason, Reason::kNoWorker);
  EXPECT_EQ(cause.level, FindingLevel::kNormal);
  EXPECT_EQ(cause.since, absl::Seconds(20));
  Pass(300);
  EXPECT_EQ(Cause().level, FindingLevel::kStuck);
}

TEST_F(FrontDeskExplainTest, AFrozenWorkerThenALostOne) {
  AddPrompts();
  Come();
  worker_.Leases(2);
  Pass(5);
  EXPECT_EQ(Cause().reason, Reason::kWorkerLost);
  EXPECT_THAT(Cause().text,
              HasSubstr("worker w (slot 0) was last heard 5.0 s"));
  EXPECT_EQ(Cause().acts_in, absl::Seconds(10));
  Pass(15);
  EXPECT_EQ(Cause().reason, Reason::kWorkerLost);
  EXPECT_THAT(Cause().text, HasSubstr("is lost"));
  EXPECT_EQ(Cause("w").reason, Reason::kWorkerLost);
}

TEST_F(FrontDeskExplainTest, ARewardServiceThatIsDown) {
  AddPrompts();
  Come();
  const auto leases = worker_.Leases(1);
  Renew(leases[0], Phase::kScoring, Reason::kScorerError);
  const Finding cause = Cause();
  EXPECT_EQ(cause.reason, Reason::kScorerError);
  EXPECT_EQ(cause.level, FindingLevel::kSlow);
  EXPECT_THAT(cause.next, HasSubstr("reward service"));
}

TEST_F(FrontDeskExplainTest, ASlowVerifier) {
  AddPrompts();
  Come();
  const auto leases = worker_.Leases(1);
  Renew(leases[0], Phase::kScoring, Reason::kUnspecified);
  rig_.clock().Advance(absl::Seconds(6));
  Renew(leases[0], Phase::kScoring, Reason::kUnspecified, 2);
  const Finding cause = Cause(Print(leases[0].key.group_id));
  EXPECT_EQ(cause.reason, Reason::kScorerSlow);
  EXPECT_EQ(cause.level, FindingLevel::kSlow);
  EXPECT_EQ(cause.since, absl::Seconds(6));
}

TEST_F(FrontDeskExplainTest, AStraggler) {
  AddPrompts();
  Come();
  for (const Lease& lease : worker_.Leases(2)) {
    Pass(1);
    ASSERT_TRUE(worker_.Submit(RigGroup(lease)).ok());
  }
  ASSERT_TRUE(rig_.TrainRound().ok());
  const auto leases = worker_.Leases(2);
  ASSERT_EQ(leases.size(), 2u);
  ASSERT_TRUE(worker_.Submit(RigGroup(leases[1])).ok());
  for (uint64_t i = 1; i <= 9; ++i) {
    rig_.clock().Advance(absl::Seconds(1));
    Renew(leases[0], Phase::kDecoding, Reason::kUnspecified, i);
  }
  const Finding cause = Cause();
  EXPECT_EQ(cause.reason, Reason::kGroupStraggles);
  EXPECT_THAT(cause.text, HasSubstr("is with w"));
  EXPECT_EQ(cause.acts_in, absl::Seconds(291));
}

TEST_F(FrontDeskExplainTest, APolicyThatCannotBeFetched) {
  AddPrompts();
  Come();
  const auto leases = worker_.Leases(1);
  RenewRequest renew;
  renew.caller = worker_.caller();
  renew.state = RenewRequest::Worker::kReady;
  renew.lease_call_seen = worker_.caller().call;
  renew.leases = {
      {leases[0].key, Phase::kAwaitingPolicy, 1, 0, Reason::kPolicyFetch}};
  renew.staging = {
      {{0, {}}, RenewRequest::Stage::kFailed, 0, "chunk 3 differs", 3}};
  ASSERT_TRUE(rig_.desk().Renew(renew).ok());
  const Finding cause = Cause(Print(leases[0].key.group_id));
  EXPECT_EQ(cause.reason, Reason::kPolicyFetch);
  EXPECT_EQ(cause.level, FindingLevel::kStuck);
  EXPECT_THAT(cause.text, HasSubstr("chunk 3 differs"));
}

TEST_F(FrontDeskExplainTest, AWorkerOfAnotherBuild) {
  AddPrompts();
  worker_.build.version = "2";
  EXPECT_FALSE(worker_.Register().ok());
  const Finding cause = Cause();
  EXPECT_EQ(cause.reason, Reason::kWorkerRefused);
  EXPECT_THAT(cause.text, HasSubstr("BUILD_DIFFERS"));
  EXPECT_EQ(Cause("w").reason, Reason::kWorkerRefused);
}

TEST_F(FrontDeskExplainTest, QuarantinedPrompts) {
  DeskOptions options = Options();
  options.quarantine_after = 1;
  Rig rig(options);
  rig.desk().Publish(RigSnapshot(0));
  ASSERT_TRUE(rig.SubmitPrompts(RigPrompts(1, "p")).ok());
  RigWorker worker(rig.desk(), "w", 1);
  worker.build.version = "1";
  ASSERT_TRUE(worker.Register().ok());
  const auto leases = worker.Leases(1);
  ASSERT_TRUE(worker.Return(leases[0].key, Reason::kInternal).ok());
  const auto view = rig.desk().Explain("");
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->chain.back().reason, Reason::kPromptPoison);
  EXPECT_THAT(view->chain.back().text, HasSubstr("quarantined"));
}

TEST_F(FrontDeskExplainTest, PausedAndFinishedAreMeantToBeSo) {
  Awaited<RunStatus> paused;
  rig_.desk().Pause({{}, "maintenance"}, paused.answer());
  ASSERT_TRUE(paused.Wait().ok());
  EXPECT_EQ(Cause().reason, Reason::kPaused);
  EXPECT_TRUE(IsIntended(Cause().reason));
  rig_.desk().Stop(Reason::kFinished);
  EXPECT_EQ(Cause().reason, Reason::kFinished);
}

TEST_F(FrontDeskExplainTest, ADiskThatIsFullAndFreedAgain) {
  rig_.disk_full.store(true);
  Awaited<RunStatus> paused;
  rig_.desk().Pause({{}, ""}, paused.answer());
  while (rig_.ledger().failing() == Reason::kUnspecified) {
    std::this_thread::yield();
  }
  Pass(1);
  EXPECT_EQ(Cause().reason, Reason::kDiskFull);
  EXPECT_EQ(Cause().level, FindingLevel::kStuck);
  EXPECT_FALSE(paused.come());
  rig_.disk_full.store(false);
  while (!paused.come()) {
    rig_.desk().Tick();
    std::this_thread::yield();
  }
  ASSERT_TRUE(paused.Wait().ok());
  Pass(1);
  EXPECT_EQ(Cause().reason, Reason::kPaused);
}

TEST_F(FrontDeskExplainTest, AStartingLearnerAnswersWhatItDoes) {
  rig_.desk().BeginStart();
  rig_.desk().EnterPhase(LoopPhase::kReplaying, "round 3 of 7");
  EXPECT_EQ(Cause().reason, Reason::kReplaying);
  EXPECT_THAT(Cause().text, HasSubstr("round 3 of 7"));
  worker_.build.version = "1";
  const absl::Status refused = worker_.Register();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("replaying"));
  rig_.desk().EndStart();
  EXPECT_TRUE(worker_.Register().ok());
}

}  // namespace
}  // namespace mdrl
