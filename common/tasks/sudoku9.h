// 9x9 Sudoku: puzzles with one solution, and how many a puzzle has.
//
// Splits are by solution: a hash of the grid puts one in ten into validation
// and one in ten into test. Functions without state; safe from any thread.
#ifndef MDRL_COMMON_TASKS_SUDOKU9_H_
#define MDRL_COMMON_TASKS_SUDOKU9_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/philox.h"
#include "common/tasks/split.h"
#include "common/tasks/sudoku_truth.h"

namespace mdrl {

// How many grids fill a puzzle; it stops counting at 2. Gives up after a
// million placements, which no puzzle with one solution that people publish
// needs. InvalidArgument: not 81 digits, or given up.
absl::StatusOr<int> CountSudoku9Solutions(std::string_view puzzle);

// Rows, columns and boxes hold each digit once. REQUIRES: 81 characters.
bool IsSudoku9Grid(std::string_view grid);

// REQUIRES: IsSudoku9Grid(grid). kTrain, kValidation or kTest.
Split Sudoku9Split(std::string_view grid);

// A grid of `split` with 30 to 50 cells emptied in random order; a cell whose
// removal would allow a second solution stays.
SudokuTruth DrawSudoku9(Split split, PhiloxSequence& random);

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_SUDOKU9_H_
