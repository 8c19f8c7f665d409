#include "common/tasks/check_truth.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/tasks/answer_truth.h"
#include "common/tasks/code_truth.h"
#include "common/tasks/countdown.h"
#include "common/tasks/sort.h"
#include "common/tasks/sudoku9.h"
#include "common/tasks/sudoku_truth.h"
#include "common/tasks/truth_json.h"

namespace mdrl {
namespace {

absl::StatusOr<TruthCheck> CheckSudoku4(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(const Sudoku4Truth parsed, ParseSudoku4Truth(truth));
  return TruthCheck{parsed.several_solutions};
}

absl::StatusOr<TruthCheck> CheckSudoku9(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(const SudokuTruth parsed, ParseSudokuTruth(truth, 9));
  if (!IsSudoku9Grid(parsed.solution)) {
    return absl::InvalidArgumentError(
        absl::StrCat("solution ", parsed.solution,
                     " has a digit twice in a row, column or box"));
  }
  MDRL_ASSIGN_OR_RETURN(const int solutions,
                        CountSudoku9Solutions(parsed.puzzle));
  return TruthCheck{solutions > 1};
}

// That the verifier's own reader takes it is all there is to check.
template <auto Parse>
absl::StatusOr<TruthCheck> CheckParses(std::string_view truth) {
  MDRL_RETURN_IF_ERROR(Parse(truth).status());
  return TruthCheck{};
}

absl::StatusOr<TruthCheck> CheckGsm8k(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(const Gsm8kTruth parsed, ParseGsm8kTruth(truth));
  if (parsed.answer) return TruthCheck{};
  return absl::InvalidArgumentError("answer is null: nothing could be right");
}

struct Task {
  std::string_view name;
  absl::StatusOr<TruthCheck> (*check)(std::string_view truth);
  bool has_eval = false;  // a rubric of that name
};

constexpr Task kTasks[] = {
    {"countdown", CheckParses<ParseCountdownTruth>, true},
    {"exact_match", CheckParses<ParseAnswerTruth>},
    {"gsm8k", CheckGsm8k, true},
    {"humaneval", CheckParses<ParseFunctionTruth>, true},
    {"math", CheckParses<ParseAnswerTruth>, true},
    {"mbpp", CheckParses<ParseFunctionTruth>, true},
    {"numeric", CheckParses<ParseNumericTruth>},
    {"python_tests", CheckParses<ParsePythonTests>, true},
    {"sort", CheckParses<ParseSortTruth>},
    {"sudoku4", CheckSudoku4, true},
    {"sudoku9", CheckSudoku9, true}};

const Task* FindTask(std::string_view name) {
  for (const Task& task : kTasks) {
    if (task.name == name) return &task;
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> KnownTasks() {
  std::vector<std::string> out;
  for (const Task& task : kTasks) out.emplace_back(task.name);
  return out;
}

absl::Status CheckTask(std::string_view task) {
  if (FindTask(task) != nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("unknown task \"", std::string(task), "\"; there are ",
                   absl::StrJoin(KnownTasks(), ", ")));
}

std::string EvalRubricOf(std::string_view task, const std::string& rubric) {
  const Task* known = FindTask(task);
  const bool parses = known != nullptr && known->has_eval && rubric != "bare";
  return parses ? "eval" : rubric;
}

absl::StatusOr<TruthCheck> CheckTruth(std::string_view task,
                                      std::string_view truth) {
  if (const Task* known = FindTask(task)) return known->check(truth);
  if (nlohmann::json::accept(truth)) {
    return TruthCheck{.unknown_task = true};
  }
  return absl::InvalidArgumentError("truth is not JSON");
}

absl::StatusOr<Sudoku4Truth> MakeSudoku4Truth(std::string_view puzzle,
                                              std::string_view solution) {
  Sudoku4Truth out;
  absl::StatusOr<Sudoku4> cells = ParseSudoku4(puzzle);
  if (!cells.ok()) return WithContext(cells.status(), "puzzle");
  out.puzzle = *cells;
  const int solutions = CountSolutions(out.puzzle);
  if (solutions == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("puzzle ", std::string(puzzle), " has no solution"));
  }
  out.several_solutions = solutions > 1;
  if (solution.empty()) {
    if (solutions > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("puzzle ", std::string(puzzle), " has ", solutions,
                       " solutions and none is given"));
    }
    const auto all = AllSudoku4Grids();
    out.solution = *std::find_if(
        all.begin(), all.end(),
        [&out](const Sudoku4& grid) { return Solves(grid, out.puzzle); });
    return out;
  }
  cells = ParseSudoku4(solution);
  if (!cells.ok()) return WithContext(cells.status(), "solution");
  out.solution = *cells;
  if (!Solves(out.solution, out.puzzle)) {
    return absl::InvalidArgumentError(
        absl::StrCat("solution ", std::string(solution),
                     " does not solve puzzle ", std::string(puzzle)));
  }
  return out;
}

absl::StatusOr<Sudoku4Truth> ParseSudoku4Truth(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(const nlohmann::json object, ParseTruthObject(truth));
  MDRL_ASSIGN_OR_RETURN(const std::string puzzle,
                        TruthString(object, "puzzle"));
  MDRL_ASSIGN_OR_RETURN(const std::string solution,
                        TruthString(object, "solution"));
  if (solution.empty()) {
    return absl::InvalidArgumentError("solution is empty");
  }
  return MakeSudoku4Truth(puzzle, solution);
}

absl::StatusOr<std::string> ParseSortTruth(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(const nlohmann::json object, ParseTruthObject(truth));
  MDRL_ASSIGN_OR_RETURN(const std::string digits,
                        TruthString(object, "digits"));
  MDRL_RETURN_IF_ERROR(WithContext(CheckSortDigits(digits), "digits"));
  return digits;
}

std::string ToJson(const Sudoku4Truth& truth) {
  return absl::StrCat("{\"puzzle\":\"", ToText(truth.puzzle),
                      "\",\"solution\":\"", ToText(truth.solution), "\"}");
}

std::string SortTruthJson(std::string_view digits) {
  return absl::StrCat("{\"digits\":\"", std::string(digits), "\"}");
}

}  // namespace mdrl
