#include "services/learner/work/token_rate.h"

#include "gtest/gtest.h"

namespace mdrl {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1000);

TEST(TokenRateTest, ASteadyWorkerHasItsRateOverTheWindow) {
  TokenRate rate;
  for (int second = 0; second <= 60; ++second) {
    rate.Add(0, 100, kStart + absl::Seconds(second));
  }
  EXPECT_NEAR(rate.PerSecond(0, kStart + absl::Seconds(60)), 100.0, 4.0);
}

TEST(TokenRateTest, AWorkerThatStoppedFadesToZero) {
  TokenRate rate;
  rate.Add(3, 3000, kStart);
  EXPECT_DOUBLE_EQ(rate.PerSecond(3, kStart + absl::Seconds(10)), 300.0);
  EXPECT_DOUBLE_EQ(rate.PerSecond(3, kStart + absl::Seconds(31)), 0.0);
}

TEST(TokenRateTest, SlotsAddUpAndAnUnknownOneIsZero) {
  TokenRate rate;
  rate.Add(0, 20, kStart);
  rate.Add(1, 40, kStart);
  EXPECT_DOUBLE_EQ(rate.PerSecond(kStart + absl::Seconds(2)), 30.0);
  EXPECT_DOUBLE_EQ(rate.PerSecond(9, kStart), 0.0);
}

}  // namespace
}  // namespace mdrl
