#include "services/reward/verify/sort.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mdrl {
namespace {

Verdict Judge(std::string_view text) {
  auto verdict = SortTask().rubrics[0].verify(R"({"digits":"3141"})", text);
  EXPECT_TRUE(verdict.ok()) << verdict.status();
  return *std::move(verdict);
}

TEST(SortVerifierTest, PositionsAndTheWholeAreCounted) {
  using ::testing::ElementsAre;
  // cells, solved, empty_cells, correct_cells, permutation
  EXPECT_THAT(Judge("1134").values, ElementsAre(1, 1, 4, 4, 1));
  EXPECT_THAT(Judge("1143").values, ElementsAre(0.5, 0, 4, 2, 1));
  EXPECT_THAT(Judge("3141").values, ElementsAre(0.25, 0, 4, 1, 1));
  EXPECT_THAT(Judge("11").values, ElementsAre(0.5, 0, 4, 2, 0));
  EXPECT_THAT(Judge("11345").values, ElementsAre(1, 0, 4, 4, 0));
  EXPECT_THAT(Judge("+134").values, ElementsAre(0.75, 0, 4, 3, 0));
  EXPECT_EQ(Judge("1134").correct, true);
  EXPECT_EQ(Judge("1143").correct, false);
}

TEST(SortVerifierTest, NoDigitIsUnparsableAndEarnsNothing) {
  for (const char* text : {"", "+-", "\xFF\xFE"}) {
    EXPECT_EQ(Judge(text).outcome, Outcome::kUnparsable) << text;
    EXPECT_EQ(Judge(text).values[0], 0.0);
  }
}

TEST(SortVerifierTest, AnotherTasksTruthIsTheCallersMistake) {
  EXPECT_FALSE(SortTask().rubrics[0].verify(R"({"puzzle":"1"})", "1").ok());
  EXPECT_FALSE(SortTask().rubrics[0].verify("", "1").ok());
}

}  // namespace
}  // namespace mdrl
