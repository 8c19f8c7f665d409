#include "services/reward/rubric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace mdrl {
namespace {

using ::testing::HasSubstr;

Score ScoreSort(const Rubric& rubric, std::string_view text) {
  return (*rubric.For(R"({"digits":"3141"})"))(text);
}

TEST(RubricTest, RewardIsTheWeightedSum) {
  const auto rubric = Rubric::Create("sort", "bare", {});
  ASSERT_TRUE(rubric.ok()) << rubric.status();
  EXPECT_DOUBLE_EQ(*ScoreSort(*rubric, "1134").reward, 1.0);
  const Score half = ScoreSort(*rubric, "1143");
  EXPECT_DOUBLE_EQ(*half.reward, 0.25);
  EXPECT_EQ(half.components[0].name, "cells");
  EXPECT_EQ(half.components[0].weight, 0.5);
  EXPECT_EQ(half.verifier_version, "1");
}

TEST(RubricTest, NamedWeightsReplaceTheRubricsOwn) {
  const auto rubric =
      Rubric::Create("sort", "bare", {{"cells", 0.0}, {"permutation", 2.0}});
  ASSERT_TRUE(rubric.ok());
  EXPECT_DOUBLE_EQ(*ScoreSort(*rubric, "1143").reward, 2.0);
  EXPECT_DOUBLE_EQ(*ScoreSort(*rubric, "1134").reward, 2.5);
}

TEST(RubricTest, UnknownNamesAndWeightsAreRefusedWithWhatThereIs) {
  const auto error = [](std::string_view task, std::string_view name,
                        const std::map<std::string, double>& weights) {
    return std::string(Rubric::Create(task, name, weights).status().message());
  };
  EXPECT_THAT(error("chess", "bare", {}), HasSubstr("sort, sudoku4"));
  EXPECT_THAT(error("sudoku4", "best", {}),
              HasSubstr("bare, d1.train, eval, spg.train, train"));
  EXPECT_THAT(error("sort", "bare", {{"cell", 1.0}}),
              HasSubstr("\"cell\"; it has cells, solved"));
  EXPECT_THAT(error("sort", "bare",
                    {{"cells", std::numeric_limits<double>::quiet_NaN()}}),
              HasSubstr("not a finite number"));
}

}  // namespace
}  // namespace mdrl
