#include "common/sync/periodic_task.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace mdrl {
namespace {

TEST(PeriodicTaskTest, RunsAgainAndAgain) {
  std::atomic<int> runs = 0;
  std::promise<void> third;
  PeriodicTask task("third", absl::Milliseconds(1), [&] {
    if (++runs == 3) third.set_value();
  });
  third.get_future().wait();
  task.Close();
  const int after = runs;
  EXPECT_GE(after, 3);
  task.Close();
  EXPECT_EQ(runs, after);
}

TEST(PeriodicTaskTest, CloseDoesNotWaitForThePeriod) {
  std::atomic<int> runs = 0;
  PeriodicTask task("a name longer than fifteen", absl::Hours(1),
                    [&] { ++runs; });
  task.Close();
  EXPECT_EQ(runs, 0);
}

TEST(PeriodicTaskTest, RunSoonDoesNotWaitForThePeriod) {
  std::promise<void> ran;
  PeriodicTask task("soon", absl::Hours(1), [&] { ran.set_value(); });
  task.RunSoon();
  ran.get_future().wait();
}

TEST(PeriodicTaskTest, TwoThreadsMayCloseIt) {
  PeriodicTask task("twice", absl::Milliseconds(1), [] {});
  std::thread other([&] { task.Close(); });
  task.Close();
  other.join();
}

}  // namespace
}  // namespace mdrl
