// Whether a prompt's truth is one its task can score. Asked where prompts
// enter.
//
// Truths: sudoku4 and sudoku9 {"puzzle","solution"}, sort {"digits"}, countdown
// {"numbers","target"}, programs as code_truth.h says, the others as
// answer_truth.h does. A truth of a task that this build does not know, one
// that somebody else's reward service scores, is any JSON. Functions without
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

// The rubric of evaluations where nobody named one: `eval` where the task has
// it, but for `bare`, whose texts have no tags to parse; else `rubric`.
std::string EvalRubricOf(std::string_view task, const std::string& rubric);

// What is worth saying and no error.
struct TruthCheck {
  bool several_solutions = false;
  bool unknown_task = false;  // only that it is JSON was checked
};

// InvalidArgument: not JSON, or, of a known task, not what its verifier reads:
// a puzzle with no solution, a solution that does not fit its puzzle, an answer
// that is no number. The message says which field.
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
