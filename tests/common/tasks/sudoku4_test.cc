#include "common/tasks/sudoku4.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace mdrl {
namespace {

PhiloxSequence Numbers(uint32_t item) {
  return PhiloxSequence(7, static_cast<Stream>(7), item, 0, 0);
}

TEST(Sudoku4Test, ThereAre288GridsInDisjointSplits) {
  std::set<std::string> seen;
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    for (const Sudoku4& grid : Sudoku4GridsOf(split)) {
      EXPECT_TRUE(seen.insert(ToText(grid)).second);
      EXPECT_TRUE(Solves(grid, Sudoku4{}));
    }
  }
  EXPECT_EQ(seen.size(), 288u);
  EXPECT_EQ(Sudoku4GridsOf(Split::kTrain).size(), 160u);
  EXPECT_EQ(Sudoku4GridsOf(Split::kValidation).size(), 40u);
  EXPECT_EQ(Sudoku4GridsOf(Split::kTest).size(), 88u);
  EXPECT_EQ(Sudoku4GridsOf(Split::kTrainAndValidation).size(), 200u);
}

TEST(Sudoku4Test, ValidationIsEveryFifthOfTheOthersFromTheFirst) {
  const auto others = Sudoku4GridsOf(Split::kTrainAndValidation);
  const auto validation = Sudoku4GridsOf(Split::kValidation);
  for (size_t i = 0; i < validation.size(); ++i) {
    EXPECT_EQ(validation[i], others[5 * i]);
  }
}

TEST(Sudoku4Test, DrawnPuzzlesHaveOneSolutionOfTheirSplitAndTheSaidEmptyCells) {
  std::map<int, int> empties;
  const auto grids = Sudoku4GridsOf(Split::kValidation);
  const int draws = 2000;
  for (int i = 0; i < draws; ++i) {
    PhiloxSequence random = Numbers(i);
    const Sudoku4Puzzle drawn = DrawSudoku4(Split::kValidation, random);
    EXPECT_EQ(CountSolutions(drawn.puzzle), 1);
    EXPECT_TRUE(Solves(drawn.solution, drawn.puzzle));
    EXPECT_NE(std::find(grids.begin(), grids.end(), drawn.solution),
              grids.end());
    ++empties[static_cast<int>(
        std::count(drawn.puzzle.begin(), drawn.puzzle.end(), 0))];
  }
  EXPECT_EQ(empties.begin()->first, 7);
  EXPECT_LE(empties.rbegin()->first, 12);
  // Many empty cells are rarely unique, so rejection favours few.
  EXPECT_GT(empties[7], draws * 0.28);
  EXPECT_GT(empties[9], 0);
}

TEST(Sudoku4Test, CountsAllSolutions) {
  EXPECT_EQ(CountSolutions(Sudoku4{}), 288);
  EXPECT_EQ(CountSolutions(*ParseSudoku4("1100000000000000")), 0);
  EXPECT_EQ(CountSolutions(*ParseSudoku4("0310200404001043")), 1);
}

TEST(Sudoku4Test, CarelessAnswerObeysRowsOnly) {
  EXPECT_EQ(ToText(CarelessAnswer(*ParseSudoku4("0310200404001043"))),
            "2314213414231243");
  EXPECT_EQ(ToText(CarelessAnswer(Sudoku4{})), "1234123412341234");
  // Hostile rows stay within the array and the digits.
  for (const uint8_t digit :
       CarelessAnswer(*ParseSudoku4("1100222233334044"))) {
    EXPECT_GE(digit, 1);
    EXPECT_LE(digit, 4);
  }
}

TEST(Sudoku4Test, OnlySixteenDigitsUpToFourAreAPuzzle) {
  EXPECT_TRUE(ParseSudoku4("0000000000000000").ok());
  for (const char* bad : {"", "000000000000000", "00000000000000000",
                          "000000000000000 ", "0000000000000005", "x"}) {
    EXPECT_FALSE(ParseSudoku4(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace mdrl
