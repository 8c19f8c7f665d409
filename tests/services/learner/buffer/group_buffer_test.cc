#include "services/learner/buffer/group_buffer.h"

#include <thread>

#include "gtest/gtest.h"

namespace mdrl {
namespace {

ScoredGroup Scored(uint64_t ticket, Version version) {
  ScoredGroup group;
  group.group.ticket = ticket;
  group.group.completions.resize(1);
  group.group.completions[0].versions = {{0, version}};
  return group;
}

TEST(GroupBufferTest, ARoundIsExactlyItsTicketsInTheirOrder) {
  GroupBuffer buffer(2, 1, 0);
  for (const uint64_t ticket : {3, 1, 2}) buffer.Put(Scored(ticket, 0));
  EXPECT_EQ(buffer.ready_for_next(), 1u);
  buffer.Put(Scored(0, 0));
  for (uint64_t round = 0; round < 2; ++round) {
    const auto taken = buffer.TakeRound();
    ASSERT_TRUE(taken.ok());
    EXPECT_EQ(taken->round, round);
    EXPECT_EQ(taken->groups.at(0).group.ticket, 2 * round);
    EXPECT_EQ(taken->groups.at(1).group.ticket, 2 * round + 1);
  }
}

TEST(GroupBufferTest, TakeRoundWaitsForTheLastGroup) {
  GroupBuffer buffer(2, 0, 0);
  std::thread taker([&] { EXPECT_TRUE(buffer.TakeRound().ok()); });
  buffer.Put(Scored(1, 0));
  buffer.Put(Scored(0, 0));
  taker.join();
}

TEST(GroupBufferTest, CloseWakesTakeRound) {
  GroupBuffer buffer(2, 0, 0);
  std::thread taker([&] {
    EXPECT_EQ(buffer.TakeRound().status().code(), absl::StatusCode::kCancelled);
  });
  buffer.Close();
  taker.join();
}

TEST(GroupBufferTest, TheEndComesAfterTheRoundsBeforeIt) {
  GroupBuffer buffer(1, 0, 0);
  buffer.Put(Scored(0, 0));
  buffer.EndAt(1);
  EXPECT_TRUE(buffer.TakeRound().ok());
  EXPECT_EQ(buffer.TakeRound().status().code(), absl::StatusCode::kOutOfRange);
}

TEST(GroupBufferDeathTest, AGroupBeyondTheBoundNeverTrains) {
  GroupBuffer buffer(1, 1, 5);
  buffer.Put(Scored(5, 3));
  EXPECT_DEATH((void)buffer.TakeRound(), "would train version 3");
}

}  // namespace
}  // namespace mdrl
