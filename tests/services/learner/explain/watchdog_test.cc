#include "services/learner/explain/watchdog.h"

#include "gtest/gtest.h"

namespace mdrl {
namespace {

using Act = Watchdog::Act;

const absl::Time kStart = absl::FromUnixSeconds(1000);

FindingChain Of(Reason reason) { return {{.reason = reason}}; }
absl::Time At(int seconds) { return kStart + absl::Seconds(seconds); }

TEST(WatchdogTest, AStandstillIsRecordedOnceAndAlarmedOnce) {
  Watchdog dog({}, kStart);
  const FindingChain chain = Of(Reason::kNoWorker);
  EXPECT_EQ(dog.Observe({}, chain, At(29)), Act::kNothing);
  EXPECT_EQ(dog.Observe({}, chain, At(30)), Act::kRecord);
  EXPECT_EQ(dog.Observe({}, chain, At(40)), Act::kNothing);
  EXPECT_EQ(dog.Observe({}, chain, At(900)), Act::kAlarm);
  EXPECT_EQ(dog.Observe({}, chain, At(2000)), Act::kNothing);
}

TEST(WatchdogTest, AnotherReasonIsRecordedAgain) {
  Watchdog dog({}, kStart);
  EXPECT_EQ(dog.Observe({}, Of(Reason::kWorkerLost), At(31)), Act::kRecord);
  EXPECT_EQ(dog.Observe({}, Of(Reason::kNoWorker), At(45)), Act::kRecord);
}

TEST(WatchdogTest, ProgressOfEitherKindStartsOver) {
  Watchdog dog({}, kStart);
  const FindingChain chain = Of(Reason::kDecoding);
  EXPECT_EQ(dog.Observe({.groups = 1, .steps = 0}, chain, At(29)),
            Act::kNothing);
  EXPECT_EQ(dog.Observe({.groups = 1, .steps = 0}, chain, At(58)),
            Act::kNothing);
  EXPECT_EQ(dog.Observe({.groups = 1, .steps = 1}, chain, At(59)),
            Act::kNothing);
  EXPECT_EQ(dog.Observe({.groups = 1, .steps = 1}, chain, At(89)),
            Act::kRecord);
}

TEST(WatchdogTest, WaitingByIntentionIsRecordedAndNeverAlarmed) {
  Watchdog dog({}, kStart);
  EXPECT_EQ(dog.Observe({}, Of(Reason::kPaused), At(30)), Act::kRecord);
  EXPECT_EQ(dog.Observe({}, Of(Reason::kPaused), At(5000)), Act::kNothing);
  // Resumed without a worker: its own time runs from here.
  EXPECT_EQ(dog.Observe({}, Of(Reason::kNoWorker), At(5001)), Act::kRecord);
  EXPECT_EQ(dog.Observe({}, Of(Reason::kNoWorker), At(5899)), Act::kNothing);
  EXPECT_EQ(dog.Observe({}, Of(Reason::kNoWorker), At(5900)), Act::kAlarm);
}

}  // namespace
}  // namespace mdrl
