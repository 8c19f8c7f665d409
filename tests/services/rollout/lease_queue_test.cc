#include "services/rollout/lease_queue.h"

#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/rollout/fake_learner.h"

namespace mdrl {
namespace {

using ::testing::SizeIs;

class LeaseQueueTest : public ::testing::Test {
 protected:
  std::vector<HeldLoan> Grant(std::vector<Lease> leases) {
    return board_.Granted(++calls_, std::move(leases), box_, absl::UnixEpoch());
  }
  std::vector<Lease> Leases(uint32_t count, uint32_t group_size) {
    std::vector<Lease> leases;
    for (uint32_t i = 0; i < count; ++i) {
      leases.push_back(ToyLease(next_++, group_size));
    }
    return leases;
  }

  uint64_t calls_ = 0;
  uint32_t next_ = 0;
  LeaseBoard board_;
  std::shared_ptr<ReturnBox> box_ = std::make_shared<ReturnBox>();
};

TEST_F(LeaseQueueTest, ManySmallGroupsShareAForward) {
  LeaseQueue queue(128);
  queue.Put(Grant(Leases(256, 1)));
  EXPECT_THAT(*queue.TakeBatch(), SizeIs(128));
  EXPECT_THAT(*queue.TakeBatch(), SizeIs(128));
}

TEST_F(LeaseQueueTest, AGroupLargerThanABatchStillGoes) {
  LeaseQueue queue(4);
  queue.Put(Grant(Leases(2, 6)));
  EXPECT_THAT(*queue.TakeBatch(), SizeIs(1));
  EXPECT_THAT(*queue.TakeBatch(), SizeIs(1));
}

TEST_F(LeaseQueueTest, OnlyEqualWorkSharesAForward) {
  LeaseQueue queue(128);
  std::vector<Lease> leases = Leases(5, 1);
  leases[1].prompt_tokens.push_back(4);
  leases[2].exact_version = 7;
  leases[3].decode.temperature = 0.5f;
  queue.Put(Grant(leases));
  const auto batch = queue.TakeBatch();
  ASSERT_THAT(*batch, SizeIs(2));
  EXPECT_EQ((*batch)[0].loan.key(), leases[0].key);
  EXPECT_EQ((*batch)[1].loan.key(), leases[4].key);
  EXPECT_THAT(*queue.TakeBatch(), SizeIs(1));
}

TEST_F(LeaseQueueTest, WithoutSharingEachForwardIsOneGroup) {
  LeaseQueue queue(128);
  queue.SetShared(false);
  queue.Put(Grant(Leases(3, 1)));
  EXPECT_THAT(*queue.TakeBatch(), SizeIs(1));
}

TEST_F(LeaseQueueTest, RevokedLeasesAreNotStarted) {
  LeaseQueue queue(128);
  const std::vector<Lease> leases = Leases(2, 1);
  queue.Put(Grant(leases));
  board_.Revoke(leases[0].key);
  const auto batch = queue.TakeBatch();
  ASSERT_THAT(*batch, SizeIs(1));
  EXPECT_EQ(batch->front().loan.key(), leases[1].key);
  EXPECT_THAT(box_->TakeAll(), SizeIs(1));
}

TEST_F(LeaseQueueTest, CloseGivesBackAndWakesLanes) {
  LeaseQueue queue(128);
  queue.SetPaused(true);
  queue.Put(Grant(Leases(3, 1)));
  std::thread lane([&queue] { EXPECT_EQ(queue.TakeBatch(), std::nullopt); });
  queue.Close();
  lane.join();
  EXPECT_THAT(box_->TakeAll(), SizeIs(3));
  queue.Put(Grant(Leases(1, 1)));
  EXPECT_THAT(box_->TakeAll(), SizeIs(1));
}

TEST_F(LeaseQueueTest, TheBoardListsWhatIsHeldAndTheCallThatBroughtIt) {
  const std::vector<Lease> leases = Leases(2, 1);
  auto loans = Grant(leases);
  EXPECT_THAT(Grant(leases), SizeIs(0)) << "a reply that came twice";
  loans[0].held->Enter(RenewRequest::Phase::kAwaitingPolicy);
  RenewRequest request;
  board_.Describe(1000, request);
  EXPECT_EQ(request.lease_call_seen, 2u);
  ASSERT_THAT(request.leases, SizeIs(2));
  EXPECT_EQ(request.leases[0].progress, 1001u);
  EXPECT_FALSE(board_.AwaitEmpty(absl::Milliseconds(1)));
  board_.Remove(leases[0].key);
  board_.Remove(leases[1].key);
  EXPECT_TRUE(board_.AwaitEmpty(absl::Seconds(60)));
}

TEST_F(LeaseQueueTest, WaitingForRoomEndsWithClose) {
  const auto loans = Grant(Leases(2, 1));
  EXPECT_TRUE(board_.AwaitRoom(3, absl::Seconds(60)));
  std::thread waiter(
      [this] { EXPECT_FALSE(board_.AwaitRoom(2, absl::Seconds(60))); });
  board_.Close();
  waiter.join();
}

TEST_F(LeaseQueueTest, ADroppedLoanGoesBackOnceAndASettledOneNever) {
  {
    LeaseLoan loan(ToyLease(1), box_);
    LeaseLoan moved = std::move(loan);
    moved.BlameOn(Reason::kScorerError, "down");
    LeaseLoan settled(ToyLease(2), box_);
    settled.Settle();
  }
  const auto returned = box_->TakeAll();
  ASSERT_THAT(returned, SizeIs(1));
  EXPECT_EQ(returned[0].key, ToyLease(1).key);
  EXPECT_EQ(returned[0].reason, Reason::kScorerError);
}

}  // namespace
}  // namespace mdrl
