#include "services/reward/verify/sudoku.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/services/reward/verify/judge.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;

constexpr char kTruth[] =
    R"({"puzzle":"0310200404001043","solution":"4312213434211243"})";

Verdict Judge(std::string_view rubric, std::string_view text,
              std::string_view truth = kTruth) {
  return mdrl::Judge("sudoku4", rubric, truth, text);
}

TEST(SudokuVerifierTest, BareReadsTheDigitsOfTheWholeText) {
  // cells, empty_cells, correct_cells, solved
  EXPECT_THAT(Judge("bare", "4312213434211243").values,
              ElementsAre(1, 8, 8, 1));
  EXPECT_EQ(Judge("bare", "4312213434211243").correct, true);
  EXPECT_THAT(Judge("bare", "4312 2134=3421 1243").values,
              ElementsAre(1, 8, 8, 1));
  // All empty cells right, one given overwritten.
  EXPECT_THAT(Judge("bare", "4412213434211243").values,
              ElementsAre(1, 8, 8, 0));
  EXPECT_EQ(Judge("bare", "4412213434211243").correct, false);
  EXPECT_THAT(Judge("bare", "4").values, ElementsAre(0.125, 8, 1, 0));
  EXPECT_EQ(Judge("bare", "4").extracted, "4000000000000000");
  EXPECT_EQ(Judge("bare", "43122134342112439").values[0], 1.0);
}

TEST(SudokuVerifierTest, NothingToReadIsUnparsableAndEarnsNothing) {
  for (const char* rubric : {"bare", "spg.train", "train", "eval"}) {
    const Verdict verdict = Judge(rubric, "no digits");
    EXPECT_EQ(verdict.outcome, Outcome::kUnparsable) << rubric;
    EXPECT_THAT(verdict.values, ElementsAre(0, 8, 0, 0));
    EXPECT_EQ(verdict.extracted, "");
  }
  EXPECT_EQ(Judge("spg.train", "4312213434211243").outcome,
            Outcome::kUnparsable);
}

TEST(SudokuVerifierTest, APuzzleWithoutEmptyCellsEarnsNothing) {
  EXPECT_THAT(
      Judge("bare", "4312213434211243",
            R"({"puzzle":"4312213434211243","solution":"4312213434211243"})")
          .values,
      ElementsAre(0, 0, 0, 1));
}

TEST(SudokuVerifierTest, RandomBytesAreScoredNotRefused) {
  std::mt19937 random(6);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int i = random() % 64; i > 0; --i) {
      text += random() % 4 == 0 ? "</answer><answer>"
                                : std::string(1, static_cast<char>(random()));
    }
    for (const char* rubric : {"bare", "spg.train", "eval"}) {
      const Verdict verdict = Judge(rubric, text);
      EXPECT_GE(verdict.values[0], 0.0);
      EXPECT_LE(verdict.values[0], 1.0);
    }
  }
}

TEST(SudokuVerifierTest, TrainWantsTheWholeAnswerAndKeepsTheGivens) {
  const auto train = [](const std::string& answer) {
    return Judge("train", "<answer>\n" + answer + "\n</answer>");
  };
  EXPECT_THAT(train("4312213434211243").values, ElementsAre(1, 8, 8, 1));
  EXPECT_THAT(train("4312 2134\n3421 1243").values, ElementsAre(1, 8, 8, 1));
  // One given overwritten takes one right cell away.
  EXPECT_THAT(train("4412213434211243").values, ElementsAre(0.875, 8, 8, 0));
  EXPECT_EQ(train("431221343421124").outcome, Outcome::kUnparsable);
  EXPECT_EQ(train("R1: 4312213434211243").outcome, Outcome::kUnparsable);
}

TEST(SudokuVerifierTest, NineByNineFollowsTheSameRules) {
  const std::string solution =
      "534678912672195348198342567859761423426853791713924856961537284287419635"
      "345286179";
  std::string puzzle = solution;
  for (const int cell : {0, 10, 20, 80}) puzzle[cell] = '0';
  const std::string truth =
      R"({"puzzle":")" + puzzle + R"(","solution":")" + solution + R"("})";
  const std::string tagged = "<answer>" + solution + "</answer>";
  for (const char* rubric :
       {"bare", "eval", "spg.train", "d1.train", "train"}) {
    EXPECT_THAT(mdrl::Judge("sudoku9", rubric, truth, tagged).values,
                ElementsAre(1, 4, 4, 1))
        << rubric;
  }
  EXPECT_THAT(mdrl::Judge("sudoku9", "spg.train", truth,
                          "<answer>" + solution.substr(0, 30) + "</answer>")
                  .values,
              ElementsAre(0.75, 4, 3, 0));
  EXPECT_FALSE(Prepare("sudoku9", "bare", kTruth).ok());
}

}  // namespace
}  // namespace mdrl
