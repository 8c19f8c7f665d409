#include "services/learner/desk/front_desk.h"

#include "common/base/error.h"
#include "common/base/philox.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/learner/desk/desk_rig.h"

namespace mdrl {
namespace {

using SubmitOutcome = SubmitGroupReply::Outcome;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FrontDeskTest : public testing::Test {
 protected:
  FrontDeskTest() : rig_(RigOptions(2, 1)), worker_(rig_.desk(), "a", 1, 4) {}

  void Open() {
    ASSERT_TRUE(rig_.SubmitPrompts(RigPrompts(10, "w")).ok());
    rig_.desk().Publish(RigSnapshot(0));
    ASSERT_TRUE(worker_.Register().ok());
  }

  Rig rig_;
  RigWorker worker_;
};

TEST_F(FrontDeskTest, ALeaseCarriesWhatTheWorkerNeeds) {
  Open();
  const auto reply = worker_.Lease(4);
  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_EQ(reply->leases.size(), 4u);
  const Lease& lease = reply->leases[3];
  EXPECT_EQ(lease.ticket, 3u);
  EXPECT_EQ(lease.key.attempt, 1u);
  EXPECT_EQ(lease.group_size, 2u);
  EXPECT_EQ(lease.exact_version, 0u);
  EXPECT_EQ(lease.due_round, 1u);
  EXPECT_EQ(lease.rubric, "bare");
  EXPECT_EQ(lease.failure_reward, -0.25);
  EXPECT_EQ(lease.decode, RigDecode());
  EXPECT_FALSE(lease.prompt_tokens.empty());
  EXPECT_EQ(lease.philox_key,
            PhiloxKey(42, static_cast<uint32_t>(Purpose::kTrain),
                      lease.key.group_id.bytes));
}

TEST_F(FrontDeskTest, ALeaseCallWaitsForWorkWithoutAThread) {
  ASSERT_TRUE(worker_.Register().ok());
  Awaited<LeaseReply> reply;
  rig_.desk().Lease(worker_.NextLeaseRequest(1, absl::Seconds(20)),
                    reply.answer());
  EXPECT_FALSE(reply.come());
  ASSERT_TRUE(rig_.SubmitPrompts(RigPrompts(10, "w")).ok());
  EXPECT_FALSE(reply.come());
  rig_.desk().Publish(RigSnapshot(0));
  EXPECT_EQ(reply.Wait()->leases.size(), 1u);
}

TEST_F(FrontDeskTest, AWaitThatIsOverIsAnsweredWithTheReason) {
  ASSERT_TRUE(worker_.Register().ok());
  Awaited<LeaseReply> reply;
  rig_.desk().Lease(worker_.NextLeaseRequest(1, absl::Seconds(5)),
                    reply.answer());
  rig_.clock().Advance(absl::Seconds(4));
  rig_.desk().Tick();
  EXPECT_FALSE(reply.come());
  rig_.clock().Advance(absl::Seconds(1));
  rig_.desk().Tick();
  EXPECT_THAT(reply.Wait()->leases, IsEmpty());
  EXPECT_EQ(reply.Wait()->none_because, Reason::kNoPrompts);
}

TEST_F(FrontDeskTest, AResentLeaseCallGetsTheSameLeases) {
  Open();
  const LeaseRequest request = worker_.NextLeaseRequest(2, absl::Seconds(5));
  Awaited<LeaseReply> first;
  rig_.desk().Lease(request, first.answer());
  const auto leases = first.Wait()->leases;
  ASSERT_EQ(leases.size(), 2u);
  Awaited<LeaseReply> again;
  rig_.desk().Lease(request, again.answer());
  EXPECT_EQ(again.Wait()->leases, leases);
}

TEST_F(FrontDeskTest, NoMoreIsLentThanTheWorkerHasRoomFor) {
  Open();
  EXPECT_EQ(worker_.Leases(3).size(), 3u);
  EXPECT_EQ(worker_.Leases(3).size(), 1u);
  const auto none = worker_.Lease(1, absl::ZeroDuration());
  EXPECT_THAT(none->leases, IsEmpty());
  EXPECT_EQ(none->none_because, Reason::kDecoding);
}

TEST_F(FrontDeskTest, ARoundIsTakenWhenItsTicketsAreThereInTicketOrder) {
  Open();
  const auto leases = worker_.Leases(4);
  for (const int i : {3, 1, 2, 0}) {
    const auto reply = worker_.Submit(RigGroup(leases[i]));
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->outcome, SubmitOutcome::kAccepted);
    EXPECT_GT(reply->seq, 0u);
  }
  for (uint64_t round = 0; round < 2; ++round) {
    const auto taken = rig_.desk().TakeRound();
    ASSERT_TRUE(taken.ok());
    EXPECT_EQ(taken->round, round);
    ASSERT_EQ(taken->groups.size(), 2u);
    EXPECT_EQ(taken->groups[0].group.ticket, 2 * round);
    EXPECT_EQ(taken->groups[1].group.ticket, 2 * round + 1);
    EXPECT_EQ(taken->groups[1].philox_key, leases[2 * round + 1].philox_key);
    EXPECT_FALSE(taken->groups[0].prompt_tokens.empty());
    rig_.desk().OnRoundTrained(round);
    rig_.desk().Publish(RigSnapshot(round + 1));
  }
  const RunStatus status = rig_.desk().Status(true, true);
  EXPECT_EQ(status.tickets.trained, 4u);
  EXPECT_EQ(status.tickets.issued, 8u);
  EXPECT_EQ(status.sets.at(0).trained, 4u);
  EXPECT_EQ(status.reward_mean.at("sort"), 0.5);
}

TEST_F(FrontDeskTest, ASubmissionMayBeRepeated) {
  Open();
  const Lease lease = worker_.Leases(1).at(0);
  EXPECT_EQ(worker_.Submit(RigGroup(lease))->outcome, SubmitOutcome::kAccepted);
  EXPECT_EQ(worker_.Submit(RigGroup(lease))->outcome,
            SubmitOutcome::kDuplicate);
}

TEST_F(FrontDeskTest, AGroupThatDoesNotFitItsLeaseIsRefusedAndNothingChanges) {
  Open();
  const Lease lease = worker_.Leases(1).at(0);
  Group group = RigGroup(lease);
  group.completions[1].tokens[2] = kRigVocabulary;
  EXPECT_THAT(std::string(worker_.Submit(group).status().message()),
              HasSubstr("token 16; the vocabulary has 16"));
  group = RigGroup(lease);
  group.completions.pop_back();
  EXPECT_EQ(worker_.Submit(group).status().code(),
            absl::StatusCode::kInvalidArgument);
  group = RigGroup(lease);
  group.completions[0].versions = {{0, 1}};
  EXPECT_EQ(worker_.Submit(group).status().code(),
            absl::StatusCode::kFailedPrecondition);
  group = RigGroup(lease);
  group.completions[0].score.outcome = Outcome::kServiceError;
  group.completions[0].score.reward.reset();
  EXPECT_EQ(worker_.Submit(group).status().code(),
            absl::StatusCode::kInvalidArgument);
  group = RigGroup(lease);
  group.decode.temperature = 0.5f;
  EXPECT_EQ(worker_.Submit(group).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(worker_.Submit(RigGroup(lease))->outcome, SubmitOutcome::kAccepted);
}

TEST_F(FrontDeskTest, AHashThatIsNotTheContentsIsDataLoss) {
  Open();
  const Lease lease = worker_.Leases(1).at(0);
  Awaited<SubmitGroupReply> reply;
  rig_.desk().SubmitGroup({.caller = worker_.caller(),
                           .content_sha256 = {},
                           .group = RigGroup(lease)},
                          reply.answer());
  EXPECT_EQ(reply.Wait().status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(FrontDeskTest, AWorkerThatVanishesCostsOnlyTime) {
  Open();
  const auto lost = worker_.Leases(2);
  RigWorker other(rig_.desk(), "b", 2, 4);
  rig_.clock().Advance(absl::Seconds(15));
  rig_.desk().Tick();
  ASSERT_TRUE(other.Register().ok());
  const auto leases = other.Leases(4);
  ASSERT_EQ(leases.size(), 3u);  // suspects go out one per worker
  EXPECT_EQ(leases[0].key.group_id, lost[0].key.group_id);
  EXPECT_EQ(leases[0].key.attempt, 2u);
  EXPECT_EQ(leases[0].philox_key, lost[0].philox_key);
  EXPECT_EQ(worker_.Submit(RigGroup(lost[0])).status().code(),
            absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(worker_.Renew(lost).status()), "REGISTRATION_UNKNOWN");
}

TEST_F(FrontDeskTest, AWorkerThatComesBackInTimeGoesOnWithWhatItHolds) {
  Open();
  const Lease lease = worker_.Leases(1).at(0);
  worker_.NextLife();
  ASSERT_TRUE(worker_.Register({lease.key}).ok());
  EXPECT_THAT(worker_.adopted, testing::ElementsAre(lease.key));
  EXPECT_EQ(worker_.Submit(RigGroup(lease))->outcome, SubmitOutcome::kAccepted);
}

TEST_F(FrontDeskTest, AReturnedLeaseGoesOutAgainAtOnce) {
  Open();
  const Lease lease = worker_.Leases(1).at(0);
  EXPECT_THAT(worker_.Return(lease.key, Reason::kScorerError)->unknown,
              IsEmpty());
  EXPECT_EQ(worker_.Leases(1).at(0).key, (LeaseKey{lease.key.group_id, 2}));
  EXPECT_EQ(worker_.Return(lease.key, Reason::kScorerError)->unknown.size(),
            1u);
}

TEST_F(FrontDeskTest, APoisonedPromptIsReplacedUnderItsTicket) {
  Open();
  RigWorker other(rig_.desk(), "b", 2);
  ASSERT_TRUE(other.Register().ok());
  const Lease lease = worker_.Leases(1).at(0);
  ASSERT_TRUE(worker_.Return(lease.key, Reason::kOutOfMemory).ok());
  const Lease again = other.Leases(1).at(0);
  ASSERT_EQ(again.ticket, lease.ticket);
  ASSERT_TRUE(other.Return(again.key, Reason::kOutOfMemory).ok());
  const Lease fresh = other.Leases(1).at(0);
  EXPECT_EQ(fresh.ticket, lease.ticket);
  EXPECT_NE(fresh.key.group_id, lease.key.group_id);
  EXPECT_EQ(rig_.desk().Status(false, true).sets[0].quarantined.size(), 1u);
  EXPECT_EQ(worker_.Submit(RigGroup(lease))->outcome,
            SubmitOutcome::kCancelled);
}

TEST_F(FrontDeskTest, ADrainFinishesWhatIsOpenAndThenEnds) {
  Open();
  const auto leases = worker_.Leases(4);
  Awaited<RunStatus> status;
  DrainRequest drain;
  drain.checkpoint = true;
  rig_.desk().Drain(drain, status.answer());
  EXPECT_EQ(status.Wait()->state, RunStatus::State::kDraining);
  for (const Lease& lease : leases) {
    ASSERT_TRUE(worker_.Submit(RigGroup(lease)).ok());
  }
  EXPECT_TRUE(rig_.TrainRound().ok());
  EXPECT_TRUE(rig_.TrainRound().ok());
  EXPECT_EQ(rig_.TrainRound().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(worker_.Lease(1, absl::ZeroDuration())->none_because,
            Reason::kDraining);
}

TEST_F(FrontDeskTest, StopAnswersParkedCallsAndCloseRefusesNewOnes) {
  ASSERT_TRUE(worker_.Register().ok());
  Awaited<LeaseReply> parked;
  rig_.desk().Lease(worker_.NextLeaseRequest(1, absl::Seconds(20)),
                    parked.answer());
  rig_.desk().Stop(Reason::kFinished);
  EXPECT_EQ(parked.Wait()->none_because, Reason::kFinished);
  EXPECT_EQ(rig_.desk().TakeRound().status().code(),
            absl::StatusCode::kCancelled);
  EXPECT_EQ(rig_.desk().Status(false, false).state,
            RunStatus::State::kFinished);
  rig_.desk().Close();
  EXPECT_EQ(worker_.Lease().status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(FrontDeskTest, StatusSaysWhatTheRunWaitsFor) {
  EXPECT_EQ(rig_.desk().Status(false, false).state,
            RunStatus::State::kStarting);
  rig_.desk().Publish(RigSnapshot(0));
  EXPECT_EQ(rig_.desk().Status(false, false).waits_for, Reason::kNoPrompts);
  ASSERT_TRUE(rig_.SubmitPrompts(RigPrompts(10, "w")).ok());
  EXPECT_EQ(rig_.desk().Status(false, false).waits_for, Reason::kNoWorker);
  ASSERT_TRUE(worker_.Register().ok());
  EXPECT_EQ(rig_.desk().Status(false, false).waits_for, Reason::kDecoding);
  for (const Lease& lease : worker_.Leases(2)) {
    ASSERT_TRUE(worker_.Submit(RigGroup(lease)).ok());
  }
  ASSERT_TRUE(rig_.desk().TakeRound().ok());
  EXPECT_EQ(rig_.desk().Status(false, false).waits_for, Reason::kStepRunning);
}

TEST_F(FrontDeskTest, AWorkerWithoutTheScorerGetsNothing) {
  DeskOptions options = RigOptions(2, 1);
  options.tasks["sort"].rubric = "other";
  Rig rig(std::move(options));
  ASSERT_TRUE(rig.SubmitPrompts(RigPrompts(4, "w")).ok());
  rig.desk().Publish(RigSnapshot(0));
  RigWorker worker(rig.desk(), "a", 1);
  ASSERT_TRUE(worker.Register().ok());
  EXPECT_EQ(worker.Lease(1, absl::ZeroDuration())->none_because,
            Reason::kScorerMissing);
  EXPECT_EQ(rig.desk().Status(false, false).waits_for, Reason::kScorerMissing);
}

}  // namespace
}  // namespace mdrl
