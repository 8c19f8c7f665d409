// Countdown problems and 9x9 Sudoku.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "common/tasks/countdown.h"
#include "common/tasks/expression.h"
#include "common/tasks/prompt_maker.h"
#include "common/tasks/sudoku9.h"

namespace mdrl {
namespace {

PhiloxSequence Numbers(uint32_t item) {
  return PhiloxSequence(77, static_cast<Stream>(7), item, 0, 0);
}

TEST(CountdownTest, EachDrawnProblemHasTheAnswerThatComesWithIt) {
  for (uint32_t i = 0; i < 200; ++i) {
    PhiloxSequence random = Numbers(i);
    const CountdownProblem drawn = DrawCountdown(Split::kTrain, random);
    EXPECT_EQ(Evaluate(drawn.expression, Arithmetic::kPlain),
              Rational(drawn.truth.target))
        << drawn.expression;
    EXPECT_EQ(CountdownSplit(drawn.truth.numbers), Split::kTrain);
    ASSERT_EQ(drawn.truth.numbers.size(), 3u);
    const auto parsed = ParseCountdownTruth(ToJson(drawn.truth));
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(parsed->numbers, drawn.truth.numbers);
  }
}

TEST(CountdownTest, TheOrderOfTheNumbersDoesNotChangeTheSplit) {
  EXPECT_EQ(CountdownSplit({3, 25, 7}), CountdownSplit({25, 7, 3}));
  std::set<Split> seen;
  for (int64_t n = 1; n < 60; ++n) seen.insert(CountdownSplit({n, 2, 3}));
  EXPECT_EQ(seen.size(), 3u);
}

constexpr char kGrid[] =
    "534678912672195348198342567859761423426853791713924856961537284287419635"
    "345286179";

TEST(Sudoku9Test, SolutionsAreCountedUpToTwo) {
  EXPECT_EQ(*CountSudoku9Solutions(kGrid), 1);
  std::string puzzle = kGrid;
  puzzle[0] = '0';
  EXPECT_EQ(*CountSudoku9Solutions(puzzle), 1);
  EXPECT_EQ(*CountSudoku9Solutions(std::string(81, '0')), 2);
  puzzle[0] = '3';  // twice in its row
  EXPECT_EQ(*CountSudoku9Solutions(puzzle), 0);
  EXPECT_FALSE(CountSudoku9Solutions("123").ok());
  EXPECT_FALSE(CountSudoku9Solutions(std::string(81, 'x')).ok());
  // One of the hardest that were published.
  EXPECT_EQ(*CountSudoku9Solutions(
                "8000000000036000000700902000500070000000457000001000300010000"
                "68008500010090000400"),
            1);
}

TEST(Sudoku9Test, DrawnPuzzlesHaveOneSolutionOfTheirSplit) {
  for (const Split split : {Split::kTrain, Split::kTest}) {
    PhiloxSequence random = Numbers(static_cast<uint32_t>(split));
    const SudokuTruth drawn = DrawSudoku9(split, random);
    EXPECT_TRUE(IsSudoku9Grid(drawn.solution));
    EXPECT_EQ(Sudoku9Split(drawn.solution), split);
    EXPECT_EQ(*CountSudoku9Solutions(drawn.puzzle), 1);
    EXPECT_GE(std::count(drawn.puzzle.begin(), drawn.puzzle.end(), '0'), 30);
    for (size_t i = 0; i < drawn.puzzle.size(); ++i) {
      EXPECT_TRUE(drawn.puzzle[i] == '0' ||
                  drawn.puzzle[i] == drawn.solution[i]);
    }
  }
}

}  // namespace
}  // namespace mdrl
