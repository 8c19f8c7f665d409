// 4x4 Sudoku: the 288 grids, their splits, and puzzles with one solution.
//
// Only 288 grids exist, so splits are by grid, the solution of a puzzle: 88 are
// the solutions of the public test set sudoku4_test_spg.csv and are held out;
// of the other 200 in ascending order every fifth, from the first, is
// validation (40), the rest training (160). The recipe that was measured trains
// on all 200 (split train_and_validation).
//
// Functions without state; safe from any thread.
#ifndef MDRL_COMMON_TASKS_SUDOKU4_H_
#define MDRL_COMMON_TASKS_SUDOKU4_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/philox.h"
#include "common/tasks/split.h"

namespace mdrl {

// Row-major; 1 to 4, 0 where a puzzle's cell is empty.
using Sudoku4 = std::array<uint8_t, 16>;

// InvalidArgument unless `text` is 16 digits 0-4.
absl::StatusOr<Sudoku4> ParseSudoku4(std::string_view text);
std::string ToText(const Sudoku4& cells);

// All grids, ascending as texts. Computed once.
std::span<const Sudoku4> AllSudoku4Grids();
// Those of a split, ascending. Computed once.
std::span<const Sudoku4> Sudoku4GridsOf(Split split);

// Whether `grid` fills `puzzle`: a valid grid that agrees with every given
// digit.
bool Solves(const Sudoku4& grid, const Sudoku4& puzzle);
// How many of the 288 grids solve it.
int CountSolutions(const Sudoku4& puzzle);

struct Sudoku4Puzzle {
  Sudoku4 puzzle;
  Sudoku4 solution;  // the only one
};

// A grid of `split` with 7 to 12 random cells emptied (probabilities .28 .28
// .24 .10 .06 .04), drawn again until exactly one grid fits.
Sudoku4Puzzle DrawSudoku4(Split split, PhiloxSequence& random);

// What a solver writes who obeys rows only: each row's empty cells get the
// row's missing digits in ascending order.
Sudoku4 CarelessAnswer(const Sudoku4& puzzle);

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_SUDOKU4_H_
