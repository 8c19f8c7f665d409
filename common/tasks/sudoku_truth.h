// A Sudoku and its solution as texts of digits, of any size: what a verifier
// compares an answer with.
//
// Functions without state; safe from any thread.
#ifndef MDRL_COMMON_TASKS_SUDOKU_TRUTH_H_
#define MDRL_COMMON_TASKS_SUDOKU_TRUTH_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mdrl {

struct SudokuTruth {
  std::string puzzle;    // side x side digits, row by row; '0': empty
  std::string solution;  // no '0'
};

// Truth {"puzzle","solution"} of a square with `side` cells a row, 4 or 9.
// InvalidArgument: not that many digits, a digit above `side`, or a solution
// that changes a given digit. Whether rows, columns and boxes are right is not
// looked at: that is for submission (check_truth.h).
absl::StatusOr<SudokuTruth> ParseSudokuTruth(std::string_view truth, int side);

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_SUDOKU_TRUTH_H_
