#include "common/sync/stop_signal.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

namespace mdrl {
namespace {

TEST(StopSignalTest, ASignalWakesWaitersAndRunsTheCallbacks) {
  auto stop = StopSignal::Install();
  ASSERT_TRUE(stop.ok()) << stop.status();
  std::atomic<int> called = 0;
  (*stop)->OnStop([&] { ++called; });
  EXPECT_FALSE((*stop)->Requested());
  std::vector<std::thread> waiters;
  for (int i = 0; i < 2; ++i) waiters.emplace_back([&] { (*stop)->Wait(); });
  kill(getpid(), SIGTERM);
  for (auto& waiter : waiters) waiter.join();
  EXPECT_EQ((*stop)->signal_number(), SIGTERM);
  stop->reset();  // joins the listener, which ran the callbacks
  EXPECT_EQ(called, 1);
}

TEST(StopSignalTest, CodeCanAskForTheStop) {
  StopSignal stop;
  int called = 0;
  stop.OnStop([&] { ++called; });
  EXPECT_FALSE(stop.WaitFor(absl::ZeroDuration()));
  stop.Request();
  stop.Request(SIGTERM);
  EXPECT_TRUE(stop.WaitFor(absl::InfiniteDuration()));
  EXPECT_EQ(stop.signal_number(), 0);
  stop.OnStop([&] { called += 10; });
  EXPECT_EQ(called, 11);
}

TEST(StopSignalTest, OnlyOneListensAtATime) {
  auto first = StopSignal::Install();
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(StopSignal::Install().status().code(),
            absl::StatusCode::kFailedPrecondition);
  first->reset();
  EXPECT_TRUE(StopSignal::Install().ok());
}

TEST(StopSignalTest, TheSecondSignalEndsTheProcess) {
  EXPECT_EXIT(
      {
        auto stop = StopSignal::Install();
        kill(getpid(), SIGTERM);
        (*stop)->Wait();
        kill(getpid(), SIGINT);
        for (;;) pause();
      },
      ::testing::ExitedWithCode(128 + SIGINT), "");
}

}  // namespace
}  // namespace mdrl
