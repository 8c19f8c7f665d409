// What the desk tells those who watch: status and events.
#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/learner/desk/front_desk.h"
#include "services/learner/ledger/reader.h"
#include "tests/services/learner/desk/desk_rig.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

class FrontDeskStatusTest : public testing::Test {
 protected:
  FrontDeskStatusTest() : rig_(RigOptions(2, 0)), worker_(rig_.desk(), "w", 1) {
    EXPECT_TRUE(rig_.SubmitPrompts(RigPrompts(4, "p")).ok());
    rig_.desk().Publish(RigSnapshot(0));
    EXPECT_TRUE(worker_.Register().ok());
  }

  void FillRound() {
    for (const Lease& lease : worker_.Leases(2)) {
      ASSERT_TRUE(worker_.Submit(RigGroup(lease)).ok());
    }
  }

  // The newest event of `kind`, once everything before is in the ledger.
  StoredEvent NewestOf(const std::string& kind) {
    // Answered after the commit of all that was decided before.
    Awaited<RunStatus> barrier;
    rig_.desk().Drain({{}, "w", false, ""}, barrier.answer());
    EXPECT_TRUE(barrier.Wait().ok());
    const auto reader = LedgerReader::Open(rig_.ledger().path());
    EXPECT_TRUE(reader.ok()) << reader.status();
    const auto events = (*reader)->EventsAfter(0, 1000);
    EXPECT_TRUE(events.ok()) << events.status();
    const auto found = std::find_if(
        events->rbegin(), events->rend(),
        [&](const StoredEvent& event) { return event.kind == kind; });
    EXPECT_NE(found, events->rend()) << "no event " << kind;
    return found == events->rend() ? StoredEvent{} : *found;
  }

  Rig rig_;
  RigWorker worker_;
};

TEST_F(FrontDeskStatusTest, TokensPerSecondAreThoseAcceptedLately) {
  FillRound();
  rig_.clock().Advance(absl::Seconds(1));
  // 2 groups of 2 completions on 4 positions.
  const RunStatus status = rig_.desk().Status(true, false);
  EXPECT_DOUBLE_EQ(status.tokens_per_second, 16.0);
  ASSERT_EQ(status.workers.size(), 1u);
  EXPECT_DOUBLE_EQ(status.workers[0].tokens_per_second, 16.0);
  EXPECT_EQ(status.workers[0].last_heard, absl::Seconds(1));
}

TEST_F(FrontDeskStatusTest, AWorkersOwnAccountOfItsTimeIsPassedOn) {
  const auto leases = worker_.Leases(2);
  RenewRequest renew;
  renew.caller = worker_.caller();
  renew.state = RenewRequest::Worker::kReady;
  renew.busy_seconds = {{"decode", 2.5}};
  renew.leases = {{.key = leases[0].key,
                   .phase = RenewRequest::Phase::kDecoding,
                   .progress = 1,
                   .progress_total = 4},
                  {.key = leases[1].key,
                   .phase = RenewRequest::Phase::kQueued,
                   .progress = 1,
                   .progress_total = 0}};
  ASSERT_TRUE(rig_.desk().Renew(renew).ok());
  const RunStatus status = rig_.desk().Status(true, false);
  EXPECT_DOUBLE_EQ(status.workers[0].busy_seconds.at("decode"), 2.5);
  EXPECT_EQ(status.workers[0].phases.at(RenewRequest::Phase::kQueued), 1u);
}

TEST_F(FrontDeskStatusTest, ARoundIsToldWithRewardsAndWhereTheTimeWent) {
  FillRound();
  rig_.desk().EnterPhase(LoopPhase::kCheckpointing, "of step 0");
  rig_.clock().Advance(absl::Seconds(3));
  ASSERT_TRUE(rig_.TrainRound().ok());
  const StoredEvent event = NewestOf("round_trained");
  EXPECT_EQ(event.subject, "0");
  EXPECT_THAT(event.body, HasSubstr("\"reward.sort\":0.5"));
  EXPECT_THAT(event.body, HasSubstr("\"seconds.checkpointing\":3.0"));
  EXPECT_EQ(rig_.desk().Status(false, false).phase, LoopPhase::kWaitGroups);
}

TEST_F(FrontDeskStatusTest, AWorkerIsSaidToBeReadyOnceAndLostOnce) {
  worker_.Leases(1);
  EXPECT_EQ(NewestOf("worker_ready").subject, "w");
  rig_.clock().Advance(absl::Seconds(20));
  rig_.desk().Tick();
  const StoredEvent lost = NewestOf("worker_lost");
  EXPECT_EQ(lost.subject, "w");
  EXPECT_THAT(lost.body, HasSubstr("\"leases\":1"));
}

TEST_F(FrontDeskStatusTest, AWorkerThatDoesNotFitIsNamedWithTheReason) {
  RigWorker stranger(rig_.desk(), "stranger", 2, /*capacity=*/0);
  EXPECT_FALSE(stranger.Register().ok());
  const StoredEvent refused = NewestOf("worker_refused");
  EXPECT_EQ(refused.subject, "stranger");
  EXPECT_THAT(refused.body, HasSubstr("capacity is 0"));
}

}  // namespace
}  // namespace mdrl
