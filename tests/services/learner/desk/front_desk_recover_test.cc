// The learner ends anywhere; the next one goes on where the ledger stands.

#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/learner/desk/front_desk.h"
#include "services/learner/ledger/recovery.h"
#include "tests/services/learner/desk/desk_rig.h"

namespace mdrl {
namespace {

class FrontDeskRecoverTest : public testing::Test {
 protected:
  FrontDeskRecoverTest() : rig_(Options(1)) {}

  DeskOptions Options(uint64_t epoch) {
    DeskOptions options = RigOptions(2, 1);
    options.epoch = epoch;
    options.group_codec.encode = [this](const Group& group) {
      const std::string name = group.key.group_id.ToBytes();
      MutexLock lock(mutex_);
      groups_[name] = group;
      return name;
    };
    options.group_codec.decode =
        [this](std::string_view name) -> absl::StatusOr<Group> {
      MutexLock lock(mutex_);
      return groups_.at(std::string(name));
    };
    return options;
  }

  void Open() {
    PromptSetHeader header;
    header.request_id.bytes[0] = 5;
    ASSERT_TRUE(rig_.SubmitPrompts(RigPrompts(6, "w"), header).ok());
    rig_.desk().Publish(RigSnapshot(0));
  }
  // A new desk over the same ledger, as after a crash.
  std::unique_ptr<FrontDesk> Restart() {
    DeskOptions options = Options(2);
    RecoveryOptions recovery;
    recovery.path = rig_.ledger().path();
    recovery.codec = options.group_codec;
    const auto recovered = RecoverRun(recovery);
    EXPECT_TRUE(recovered.ok()) << recovered.status();
    if (!recovered.ok()) return nullptr;
    auto desk =
        FrontDesk::Create(options, rig_.clock(), rig_.ledger(), *recovered);
    EXPECT_TRUE(desk.ok()) << desk.status();
    return desk.ok() ? *std::move(desk) : nullptr;
  }

  Mutex mutex_;
  std::map<std::string, Group> groups_ MDRL_GUARDED_BY(mutex_);
  Rig rig_;
};

TEST_F(FrontDeskRecoverTest, AcknowledgedGroupsWaitInTheBufferAgain) {
  Open();
  RigWorker worker(rig_.desk(), "a", 1, 4);
  ASSERT_TRUE(worker.Register().ok());
  const auto leases = worker.Leases(4);
  ASSERT_EQ(leases.size(), 4u);
  for (const int i : {1, 0}) {
    ASSERT_TRUE(worker.Submit(RigGroup(leases[i])).ok());
  }
  const auto desk = Restart();
  ASSERT_NE(desk, nullptr);
  desk->Publish(RigSnapshot(0));
  const auto round = desk->TakeRound();
  ASSERT_TRUE(round.ok());
  EXPECT_EQ(round->groups[0].group, RigGroup(leases[0]));
  EXPECT_EQ(round->groups[0].philox_key, leases[0].philox_key);
  const LeaseTable::Counts counts = desk->Status(false, false).tickets;
  EXPECT_EQ(counts.issued, 4u);
  EXPECT_EQ(counts.open.at(TicketState::kLeased), 2u);
}

TEST_F(FrontDeskRecoverTest, AWorkerOfTheEarlierEpochBringsWhatItHolds) {
  Open();
  RigWorker worker(rig_.desk(), "a", 1, 4);
  ASSERT_TRUE(worker.Register().ok());
  const Lease lease = worker.Leases(1).at(0);
  const auto desk = Restart();
  ASSERT_NE(desk, nullptr);
  desk->Publish(RigSnapshot(0));
  RigWorker again(*desk, "a", 1, 4);
  ASSERT_TRUE(again.Register({lease.key}).ok());
  EXPECT_THAT(again.adopted, testing::ElementsAre(lease.key));
  EXPECT_EQ(again.Submit(RigGroup(lease))->outcome,
            SubmitGroupReply::Outcome::kAccepted);
}

TEST_F(FrontDeskRecoverTest, ALeaseWhoseHolderIsGoneGoesOutAfterOneLeaseTime) {
  Open();
  RigWorker worker(rig_.desk(), "a", 1, 4);
  ASSERT_TRUE(worker.Register().ok());
  const Lease lease = worker.Leases(1).at(0);
  const auto desk = Restart();
  ASSERT_NE(desk, nullptr);
  desk->Publish(RigSnapshot(0));
  rig_.clock().Advance(absl::Seconds(15));
  desk->Tick();
  RigWorker other(*desk, "b", 2, 4);
  ASSERT_TRUE(other.Register().ok());
  const Lease second = other.Leases(1).at(0);
  EXPECT_EQ(second.key, (LeaseKey{lease.key.group_id, 2}));
  EXPECT_EQ(second.philox_key, lease.philox_key);
}

TEST_F(FrontDeskRecoverTest, ThePromptsGoOnInTheSameOrder) {
  Open();
  RigWorker worker(rig_.desk(), "a", 1, 4);
  ASSERT_TRUE(worker.Register().ok());
  for (const Lease& lease : worker.Leases(4)) {
    ASSERT_TRUE(worker.Submit(RigGroup(lease)).ok());
  }
  const auto desk = Restart();
  ASSERT_NE(desk, nullptr);
  desk->Publish(RigSnapshot(0));
  ASSERT_TRUE(desk->TakeRound().ok());
  desk->OnRoundTrained(0);
  desk->Publish(RigSnapshot(1));
  RigWorker again(*desk, "b", 2, 4);
  ASSERT_TRUE(again.Register().ok());
  const auto leases = again.Leases(4);
  ASSERT_EQ(leases.size(), 2u);
  EXPECT_EQ(leases[0].ticket, 4u);
  EXPECT_EQ(leases[0].exact_version, 1u);
  // Six prompts, four drawn: the pass's last two, each for the first time.
  EXPECT_EQ(desk->Status(false, true).sets[0].passes, 0u);
  EXPECT_EQ(desk->Status(false, true).sets[0].issued, 6u);
}

TEST_F(FrontDeskRecoverTest, ARequestOfAnEarlierEpochIsStillKnown) {
  Open();
  const auto desk = Restart();
  ASSERT_NE(desk, nullptr);
  PromptSetHeader header;
  header.request_id.bytes[0] = 5;
  header.name = "set";
  header.task = "sort";
  header.count = 6;
  auto submission = desk->BeginPromptSet(header);
  ASSERT_TRUE(submission.ok());
  ASSERT_TRUE((*submission)->Append(RigPrompts(6, "w")).ok());
  Awaited<PromptSetView> view;
  (*submission)->Finish(view.answer());
  EXPECT_TRUE(view.Wait()->already_known);
}

TEST_F(FrontDeskRecoverTest, APausedRunStaysPausedUntilItIsResumed) {
  Open();
  Awaited<RunStatus> paused;
  rig_.desk().Pause({.request_id = {}, .why = "new disks"}, paused.answer());
  ASSERT_TRUE(paused.Wait().ok());
  const auto desk = Restart();
  ASSERT_NE(desk, nullptr);
  desk->Publish(RigSnapshot(0));
  RigWorker worker(*desk, "a", 1, 4);
  ASSERT_TRUE(worker.Register().ok());
  const auto none = worker.Lease(4, absl::ZeroDuration());
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(none->none_because, Reason::kPaused);
  EXPECT_THAT(desk->Status(false, false).waits_text,
              testing::HasSubstr("new disks"));
  Awaited<RunStatus> resumed;
  desk->Resume({}, resumed.answer());
  ASSERT_TRUE(resumed.Wait().ok());
  EXPECT_EQ(worker.Leases(4).size(), 4u);
}

TEST_F(FrontDeskRecoverTest, AnOpenEvaluationIsCancelledAndItsNamesNotReused) {
  PromptSetHeader header;
  header.name = "test";
  header.held_out = true;
  ASSERT_TRUE(rig_.SubmitPrompts(RigPrompts(2, "t"), header).ok());
  rig_.desk().Publish(RigSnapshot(0));
  Awaited<EvaluationView> started;
  rig_.desk().Evaluate({}, started.answer());
  ASSERT_TRUE(started.Wait().ok());
  const auto desk = Restart();
  ASSERT_NE(desk, nullptr);
  desk->Publish(RigSnapshot(0));
  EXPECT_EQ(desk->AwaitEvaluation(started.Wait()->id).status().code(),
            absl::StatusCode::kNotFound);
  Awaited<EvaluationView> again;
  desk->Evaluate({}, again.answer());
  ASSERT_TRUE(again.Wait().ok()) << again.Wait().status();
  RigWorker worker(*desk, "a", 1, 4);
  ASSERT_TRUE(worker.Register().ok());
  for (const Lease& lease : worker.Leases(4)) {
    ASSERT_TRUE(worker.Submit(RigGroup(lease)).ok());
  }
  EXPECT_TRUE(desk->AwaitEvaluation(again.Wait()->id).ok());
}

}  // namespace
}  // namespace mdrl
