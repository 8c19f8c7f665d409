#include "common/config/diff_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/config/load_config.h"

namespace mdrl {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

config::v1::Run With(const std::vector<std::string>& sets) {
  return LoadConfig({.path = "examples/quickstart/run.yaml", .sets = sets})
      ->run;
}

TEST(DiffConfigTest, TheSameConfigurationHasNoDifference) {
  EXPECT_THAT(DiffConfig(With({}), With({})), IsEmpty());
}

TEST(DiffConfigTest, EachChangeHasItsMark) {
  const auto changes = DiffConfig(
      With({}), With({"run.seed=43", "optimizer.lr=2.0e-6", "log.level=debug",
                      "tasks.sudoku4.rubric=spg.train"}));
  ASSERT_THAT(changes, SizeIs(4));
  EXPECT_EQ(changes[0].key, "run.seed");
  EXPECT_EQ(changes[0].from, "0");
  EXPECT_EQ(changes[0].to, "43");
  EXPECT_EQ(changes[0].mark, config::v1::FIXED);
  EXPECT_EQ(changes[1].key, "tasks.sudoku4.rubric");
  EXPECT_EQ(changes[1].mark, config::v1::RESUME);
  EXPECT_EQ(changes[2].key, "optimizer.lr");
  EXPECT_EQ(changes[2].mark, config::v1::RESUME);
  EXPECT_EQ(changes[3].key, "log.level");
  EXPECT_EQ(changes[3].mark, config::v1::MARK_UNSPECIFIED);
}

TEST(DiffConfigTest, WhatOnlyOneOfThemHasIsAChange) {
  const auto changes = DiffConfig(
      With({}), With({"submit=[{make: {count: 480, seed: 1, split: train}, "
                      "task: sudoku4, name: train}]"}));
  EXPECT_THAT(changes, SizeIs(testing::Gt(1)));
  for (const ConfigChange& change : changes) {
    EXPECT_EQ(change.key.substr(0, 10), "submit[1].");
    EXPECT_EQ(change.to, "");
  }
}

TEST(DiffConfigTest, AMarkIsThatOfTheNearestSectionAround) {
  EXPECT_EQ(MarkOf("sft[0].make.count"), config::v1::FIXED);
  EXPECT_EQ(MarkOf("model.path"), config::v1::FIXED);
  EXPECT_EQ(MarkOf("algorithm.spg.beta"), config::v1::RESUME);
  EXPECT_EQ(MarkOf("schedule.group_size"), config::v1::FIXED);
  EXPECT_EQ(MarkOf("run.listen"), config::v1::MARK_UNSPECIFIED);
  EXPECT_EQ(MarkOf("no.such.key"), config::v1::MARK_UNSPECIFIED);
}

}  // namespace
}  // namespace mdrl
