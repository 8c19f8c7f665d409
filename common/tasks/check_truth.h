// Whether a prompt's truth is one its task can score. Asked where prompts
// enter.
//
// Truths: sudoku4 {"puzzle","solution"}, sort {"digits"}. Functions without
// state; safe from any thread.
#ifndef MDRL_COMMON_TASKS_CHECK_TRUTH_H_
#define MDRL_COMMON_TASKS_CHECK_TRUTH_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/tasks/sudoku4.h"

namespace mdrl {

// The tasks this build can score, sorted.
std::vector<std::string> KnownTasks();
// InvalidArgument names the tasks there are.
absl::Status CheckTask(std::string_view task);

struct TruthCheck {
  bool several_solutions = false;  // worth saying, no error
};

// InvalidArgument: unknown task; not a JSON object; a puzzle that is not 16
// digits 0-4 or has no solution; a solution that does not fit its puzzle; not
// four digits. The message says which field.
absl::StatusOr<TruthCheck> CheckTruth(std::string_view task,
                                      std::string_view truth);

struct Sudoku4Truth {
  Sudoku4 puzzle;
  Sudoku4 solution;
  bool several_solutions = false;
};
// `solution` empty: the only solution is filled in; InvalidArgument if there
// are several.
absl::StatusOr<Sudoku4Truth> MakeSudoku4Truth(std::string_view puzzle,
                                              std::string_view solution);
absl::StatusOr<Sudoku4Truth> ParseSudoku4Truth(std::string_view truth);
// The four digits as given.
absl::StatusOr<std::string> ParseSortTruth(std::string_view truth);

std::string ToJson(const Sudoku4Truth& truth);
std::string SortTruthJson(std::string_view digits);

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_CHECK_TRUTH_H_
