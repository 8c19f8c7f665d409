#include "common/tasks/check_truth.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/tasks/sort.h"

namespace mdrl {
namespace {

using nlohmann::json;

absl::StatusOr<json> ParseObject(std::string_view truth) {
  json object = json::parse(truth, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) {
    return absl::InvalidArgumentError("truth is not a JSON object");
  }
  return object;
}

absl::StatusOr<std::string> StringOf(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) {
    return absl::InvalidArgumentError(
        absl::StrCat("truth must hold the string \"", key, "\""));
  }
  return found->get<std::string>();
}

absl::StatusOr<TruthCheck> CheckSudoku4(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(const Sudoku4Truth parsed, ParseSudoku4Truth(truth));
  return TruthCheck{parsed.several_solutions};
}

absl::StatusOr<TruthCheck> CheckSort(std::string_view truth) {
  MDRL_RETURN_IF_ERROR(ParseSortTruth(truth).status());
  return TruthCheck{};
}

struct Task {
  std::string_view name;
  absl::StatusOr<TruthCheck> (*check)(std::string_view truth);
};

constexpr Task kTasks[] = {{"sort", CheckSort}, {"sudoku4", CheckSudoku4}};

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

absl::StatusOr<TruthCheck> CheckTruth(std::string_view task,
                                      std::string_view truth) {
  MDRL_RETURN_IF_ERROR(CheckTask(task));
  return FindTask(task)->check(truth);
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
  MDRL_ASSIGN_OR_RETURN(const json object, ParseObject(truth));
  MDRL_ASSIGN_OR_RETURN(const std::string puzzle, StringOf(object, "puzzle"));
  MDRL_ASSIGN_OR_RETURN(const std::string solution,
                        StringOf(object, "solution"));
  if (solution.empty()) {
    return absl::InvalidArgumentError("solution is empty");
  }
  return MakeSudoku4Truth(puzzle, solution);
}

absl::StatusOr<std::string> ParseSortTruth(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(const json object, ParseObject(truth));
  MDRL_ASSIGN_OR_RETURN(const std::string digits, StringOf(object, "digits"));
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
