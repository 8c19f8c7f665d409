#include "client/report/sparkline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace mdrl {
namespace {

using ::testing::ElementsAre;

TEST(SparklineTest, RisesFromTheSmallestToTheLargestValue) {
  const std::vector<double> values = {0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(Sparkline(values, 80, true), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(Sparkline(values, 80, false), "_.-:=+*#");
}

TEST(SparklineTest, KeepsTheNewestValuesThatFit) {
  const std::vector<double> values = {100, 0, 7};
  EXPECT_EQ(Sparkline(values, 2, false), "_#");
}

TEST(SparklineTest, ACurveWithoutASlopeLiesInTheMiddle) {
  const std::vector<double> values = {-3, -3};
  EXPECT_EQ(Sparkline(values, 9, false), "::");
}

TEST(SparklineTest, WhatIsNotFiniteLeavesAGap) {
  const std::vector<double> values = {
      0, std::numeric_limits<double>::quiet_NaN(), 1};
  EXPECT_EQ(Sparkline(values, 9, false), "_ #");
  EXPECT_EQ(Sparkline({}, 9, false), "");
}

TEST(SparklineTest, TheRunningMeanStartsWithWhatThereIs) {
  const std::vector<double> values = {1, 3, 5, 7};
  EXPECT_THAT(RunningMean(values, 2), ElementsAre(1, 2, 4, 6));
}

}  // namespace
}  // namespace mdrl
