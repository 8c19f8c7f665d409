#include "services/reward/verify/sort.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/services/reward/verify/judge.h"

namespace mdrl {
namespace {

Verdict JudgeSort(std::string_view text) {
  return Judge("sort", "bare", R"({"digits":"3141"})", text);
}

TEST(SortVerifierTest, PositionsAndTheWholeAreCounted) {
  using ::testing::ElementsAre;
  // cells, solved, empty_cells, correct_cells, permutation
  EXPECT_THAT(JudgeSort("1134").values, ElementsAre(1, 1, 4, 4, 1));
  EXPECT_THAT(JudgeSort("1143").values, ElementsAre(0.5, 0, 4, 2, 1));
  EXPECT_THAT(JudgeSort("3141").values, ElementsAre(0.25, 0, 4, 1, 1));
  EXPECT_THAT(JudgeSort("11").values, ElementsAre(0.5, 0, 4, 2, 0));
  EXPECT_THAT(JudgeSort("11345").values, ElementsAre(1, 0, 4, 4, 0));
  EXPECT_THAT(JudgeSort("+134").values, ElementsAre(0.75, 0, 4, 3, 0));
  EXPECT_EQ(JudgeSort("1134").correct, true);
  EXPECT_EQ(JudgeSort("1143").correct, false);
}

TEST(SortVerifierTest, NoDigitIsUnparsableAndEarnsNothing) {
  for (const char* text : {"", "+-", "\xFF\xFE"}) {
    EXPECT_EQ(JudgeSort(text).outcome, Outcome::kUnparsable) << text;
    EXPECT_EQ(JudgeSort(text).values[0], 0.0);
  }
}

TEST(SortVerifierTest, AnotherTasksTruthIsTheCallersMistake) {
  EXPECT_FALSE(Prepare("sort", "bare", R"({"puzzle":"1"})").ok());
  EXPECT_FALSE(Prepare("sort", "bare", "").ok());
}

}  // namespace
}  // namespace mdrl
