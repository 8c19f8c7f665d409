#include "common/tasks/sudoku_truth.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/tasks/truth_json.h"

namespace mdrl {
namespace {

absl::Status CheckDigits(std::string_view cells, int side, char least,
                         std::string_view what) {
  const char most = static_cast<char>('0' + side);
  bool good = cells.size() == static_cast<size_t>(side * side);
  for (const char c : cells) good = good && c >= least && c <= most;
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(what), ": \"", std::string(cells.substr(0, 100)),
                   "\" is not ", side * side, " digits from ",
                   std::string(1, least), " to ", side));
}

}  // namespace

absl::StatusOr<SudokuTruth> ParseSudokuTruth(std::string_view truth, int side) {
  MDRL_ASSIGN_OR_RETURN(const nlohmann::json object, ParseTruthObject(truth));
  SudokuTruth out;
  MDRL_ASSIGN_OR_RETURN(out.puzzle, TruthString(object, "puzzle"));
  MDRL_ASSIGN_OR_RETURN(out.solution, TruthString(object, "solution"));
  MDRL_RETURN_IF_ERROR(CheckDigits(out.puzzle, side, '0', "puzzle"));
  MDRL_RETURN_IF_ERROR(CheckDigits(out.solution, side, '1', "solution"));
  for (size_t i = 0; i < out.puzzle.size(); ++i) {
    if (out.puzzle[i] == '0' || out.puzzle[i] == out.solution[i]) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "solution ", out.solution, " does not solve puzzle ", out.puzzle));
  }
  return out;
}

}  // namespace mdrl
