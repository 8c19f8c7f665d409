#include "common/metrics/metric.h"

#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;

TEST(CounterTest, SumsWhatItIsGiven) {
  Counter counter;
  counter.Increment();
  counter.Increment(2.5);
  EXPECT_EQ(counter.value(), 3.5);
}

TEST(CounterDeathTest, NeverFalls) {
  Counter counter;
  EXPECT_DEATH(counter.Increment(-1.0), "cannot fall");
}

TEST(GaugeTest, KeepsTheLastValue) {
  Gauge gauge;
  gauge.Set(-4.0);
  gauge.Add(1.0);
  EXPECT_EQ(gauge.value(), -3.0);
}

TEST(HistogramTest, PutsAValueInTheFirstBucketThatIsNotBelowIt) {
  Histogram histogram({1.0, 2.0});
  histogram.Observe(0.0);
  histogram.Observe(1.0);  // bounds are inclusive
  histogram.Observe(1.5);
  histogram.Observe(7.0, /*times=*/2);
  EXPECT_THAT(histogram.counts(), ElementsAre(2, 1, 2));
  EXPECT_EQ(histogram.sum(), 0.0 + 1.0 + 1.5 + 2 * 7.0);
}

TEST(HistogramDeathTest, TakesNoNegativeValue) {
  Histogram histogram({1.0});
  EXPECT_DEATH(histogram.Observe(-0.5), "cannot take");
}

TEST(MetricTest, LosesNothingBetweenThreads) {
  constexpr int kThreads = 4;
  constexpr int kEach = 10000;
  Counter counter;
  Histogram histogram({0.5});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < kEach; ++n) {
          counter.Increment();
          histogram.Observe(1.0);
        }
      });
    }
  }
  EXPECT_EQ(counter.value(), kThreads * kEach);
  EXPECT_THAT(histogram.counts(), ElementsAre(0, kThreads * kEach));
  EXPECT_EQ(histogram.sum(), kThreads * kEach);
}

}  // namespace
}  // namespace mdrl
