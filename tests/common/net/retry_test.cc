#include "common/net/retry.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"

namespace mdrl {
namespace {

// Fails with each status in turn, then succeeds; keeps when it was called.
struct Script {
  absl::Status operator()() {
    times.push_back(clock.Now());
    const size_t call = times.size() - 1;
    return call < answers.size() ? answers[call] : last;
  }
  std::vector<absl::Duration> Waits() const {
    std::vector<absl::Duration> waits;
    for (size_t i = 1; i < times.size(); ++i) {
      waits.push_back(times[i] - times[i - 1]);
    }
    return waits;
  }
  Clock& clock;
  std::vector<absl::Status> answers;
  absl::Status last = absl::OkStatus();
  std::vector<absl::Time> times;
};

absl::Status Call(const RetryOptions& options, Clock& clock, Script& script) {
  return CallWithRetry(options, clock, [&] { return script(); });
}

RetryOptions WithoutJitter() {
  RetryOptions options;
  options.random = [] { return 0.5; };
  return options;
}

absl::Status Busy(absl::Duration retry_after) {
  return WithDetail(absl::ResourceExhaustedError("full"),
                    {"QUEUE_FULL", "", retry_after, {}});
}

TEST(RetryTest, RepeatsOnlyWhatMayPass) {
  EXPECT_TRUE(IsRetryable(absl::UnavailableError("")));
  EXPECT_TRUE(IsRetryable(absl::DeadlineExceededError("")));
  EXPECT_TRUE(IsRetryable(Busy(absl::Seconds(1))));
  EXPECT_FALSE(IsRetryable(absl::ResourceExhaustedError("too big")));
  EXPECT_FALSE(IsRetryable(absl::OkStatus()));
  for (const absl::StatusCode code :
       {absl::StatusCode::kInvalidArgument, absl::StatusCode::kAborted,
        absl::StatusCode::kFailedPrecondition, absl::StatusCode::kDataLoss,
        absl::StatusCode::kUnauthenticated, absl::StatusCode::kInternal,
        absl::StatusCode::kCancelled}) {
    EXPECT_FALSE(IsRetryable(absl::Status(code, "")));
  }
}

TEST(RetryTest, DoublesItsWaitsUpToTheLongest) {
  FakeClock clock;
  Script script{clock, std::vector(8, absl::UnavailableError("down")), {}, {}};
  RetryOptions options = WithoutJitter();
  options.total = absl::Minutes(10);
  EXPECT_TRUE(Call(options, clock, script).ok());
  const std::vector<absl::Duration> expected = {
      absl::Milliseconds(200),  absl::Milliseconds(400),
      absl::Milliseconds(800),  absl::Milliseconds(1600),
      absl::Milliseconds(3200), absl::Milliseconds(6400),
      absl::Seconds(10),        absl::Seconds(10)};
  EXPECT_EQ(script.Waits(), expected);
}

TEST(RetryTest, ScattersItsWaitsWithinTheJitter) {
  FakeClock clock;
  Script script{clock, std::vector(30, absl::UnavailableError("down")), {}, {}};
  RetryOptions options;
  options.growth = 1.0;
  EXPECT_TRUE(Call(options, clock, script).ok());
  absl::Duration shortest = absl::InfiniteDuration(), longest;
  for (const absl::Duration wait : script.Waits()) {
    shortest = std::min(shortest, wait);
    longest = std::max(longest, wait);
  }
  EXPECT_GE(shortest, absl::Milliseconds(150));
  EXPECT_LE(longest, absl::Milliseconds(250));
  EXPECT_GT(longest - shortest, absl::Milliseconds(20));
}

TEST(RetryTest, ReturnsTheFirstErrorThatIsFinal) {
  FakeClock clock;
  Script script{clock,
                {absl::UnavailableError("down"),
                 WithReason(absl::AbortedError("again"), "EPOCH_CHANGED")},
                {},
                {}};
  const absl::Status status = Call(WithoutJitter(), clock, script);
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(status), "EPOCH_CHANGED");
  EXPECT_EQ(script.times.size(), 2u);
}

TEST(RetryTest, WaitsAsLongAsItWasAskedTo) {
  FakeClock clock;
  Script script{
      clock, {Busy(absl::Seconds(30)), Busy(absl::ZeroDuration())}, {}, {}};
  RetryOptions options;
  options.random = [] { return 0.0; };  // the shortest wait
  EXPECT_TRUE(Call(options, clock, script).ok());
  EXPECT_EQ(script.Waits()[0], absl::Seconds(30));
  EXPECT_EQ(script.Waits()[1], absl::Milliseconds(300));
}

TEST(RetryTest, BeginsNoAttemptAfterTheTotal) {
  FakeClock clock;
  Script script{clock, {}, absl::UnavailableError("down"), {}};
  RetryOptions options = WithoutJitter();
  options.total = absl::Seconds(3);
  const absl::Time start = clock.Now();
  const absl::Status status = Call(options, clock, script);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), "after 4 attempts in 1.4s: down");
  EXPECT_LT(script.times.back() - start, absl::Seconds(3));
}

TEST(RetryTest, GivesUpAtOnceWhenAskedToWaitBeyondTheTotal) {
  FakeClock clock;
  Script script{clock, {Busy(absl::Hours(1))}, {}, {}};
  const absl::Status status = Call(WithoutJitter(), clock, script);
  EXPECT_EQ(ReasonOf(status), "QUEUE_FULL");
  EXPECT_EQ(script.times.size(), 1u);
}

TEST(RetryTest, CountsSlowAttemptsIntoTheTotal) {
  FakeClock clock;
  int calls = 0;
  RetryOptions options = WithoutJitter();
  options.total = absl::Seconds(20);
  const absl::Status status = CallWithRetry(options, clock, [&] {
    ++calls;
    clock.Advance(absl::Seconds(10));
    return absl::DeadlineExceededError("slow");
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(calls, 2);
}

TEST(RetryTest, MakesNoMoreAttemptsThanAllowed) {
  FakeClock clock;
  Script script{clock, {}, absl::UnavailableError("down"), {}};
  RetryOptions options = WithoutJitter();
  options.max_attempts = 3;
  EXPECT_FALSE(Call(options, clock, script).ok());
  EXPECT_EQ(script.times.size(), 3u);
}

TEST(RetryTest, StopsBeforeTheFirstAttempt) {
  FakeClock clock;
  Script script{clock, {}, {}, {}};
  RetryOptions options;
  options.stop = [] { return true; };
  EXPECT_EQ(Call(options, clock, script).code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(script.times.empty());
}

TEST(RetryTest, NoticesAStopWithinAFewHundredthsOfASecond) {
  FakeClock clock;
  Script script{clock, {Busy(absl::Seconds(30))}, {}, {}};
  const absl::Time stop_at = clock.Now() + absl::Seconds(7);
  RetryOptions options = WithoutJitter();
  options.stop = [&] { return clock.Now() >= stop_at; };
  EXPECT_EQ(Call(options, clock, script).code(), absl::StatusCode::kCancelled);
  EXPECT_LE(clock.Now() - stop_at, absl::Milliseconds(50));
  EXPECT_EQ(script.times.size(), 1u);
}

TEST(RetryBudgetTest, HoldsRepeatsToItsRate) {
  RetryBudget budget({.burst = 2, .per_second = 4});
  const absl::Time now = absl::UnixEpoch();
  EXPECT_EQ(budget.Take(now), absl::ZeroDuration());
  EXPECT_EQ(budget.Take(now), absl::ZeroDuration());
  EXPECT_EQ(budget.Take(now), absl::Milliseconds(250));
  EXPECT_EQ(budget.Take(now), absl::Milliseconds(500));
  // Promised tokens are paid back first; the bucket never holds more than its
  // burst.
  EXPECT_EQ(budget.Take(now + absl::Milliseconds(750)), absl::ZeroDuration());
  EXPECT_EQ(budget.Take(now + absl::Hours(1)), absl::ZeroDuration());
  EXPECT_EQ(budget.Take(now + absl::Hours(1)), absl::ZeroDuration());
  EXPECT_EQ(budget.Take(now + absl::Hours(1)), absl::Milliseconds(250));
}

TEST(RetryBudgetTest, SlowsDownCallsThatShareIt) {
  FakeClock clock;
  RetryBudget budget({.burst = 1, .per_second = 1});
  RetryOptions options = WithoutJitter();
  options.budget = &budget;
  Script script{clock, std::vector(3, absl::UnavailableError("down")), {}, {}};
  EXPECT_TRUE(Call(options, clock, script).ok());
  EXPECT_EQ(script.Waits()[0], absl::Milliseconds(200));
  EXPECT_EQ(script.Waits()[1], absl::Milliseconds(800));
  EXPECT_EQ(script.Waits()[2], absl::Seconds(1));
}

}  // namespace
}  // namespace mdrl
