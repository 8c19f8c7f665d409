#include "services/reward/verify/sudoku.h"

#include "common/base/status_macros.h"
#include "common/tasks/check_truth.h"
#include "common/text/utf8.h"
#include "services/reward/verify/answer.h"
#include "services/reward/verify/sudoku_eval_answer.h"

namespace mdrl {
namespace {

constexpr size_t kCells = 16;

constexpr ComponentSpec kComponents[] = {
    {"cells", 1.0}, {"empty_cells"}, {"correct_cells"}, {"solved"}};

// `answer` is empty, where none was found, or has 16 characters.
Verdict Judge(const Sudoku4Truth& truth, const std::u32string& answer) {
  int empty = 0;
  int correct = 0;
  bool solved = !answer.empty();
  for (size_t i = 0; i < kCells; ++i) {
    const bool right =
        !answer.empty() && answer[i] == U'0' + char32_t{truth.solution[i]};
    solved = solved && right;
    if (truth.puzzle[i] != 0) continue;
    ++empty;
    correct += right ? 1 : 0;
  }
  Verdict out;
  out.outcome = answer.empty() ? Outcome::kUnparsable : Outcome::kScored;
  const double share = empty == 0 ? 0.0 : static_cast<double>(correct) / empty;
  out.values = {share, static_cast<double>(empty), static_cast<double>(correct),
                solved ? 1.0 : 0.0};
  out.correct = solved;
  out.extracted = ToUtf8(answer);
  return out;
}

std::u32string FromDigits(std::u32string_view text) {
  std::u32string digits = DigitsOf(text);
  return digits.empty() ? digits : FitTo(std::move(digits), kCells);
}

absl::StatusOr<Verdict> VerifyBare(std::string_view truth,
                                   std::string_view text) {
  MDRL_ASSIGN_OR_RETURN(const Sudoku4Truth parsed, ParseSudoku4Truth(truth));
  return Judge(parsed, FromDigits(ToCodePoints(text)));
}

absl::StatusOr<Verdict> VerifySpgTrain(std::string_view truth,
                                       std::string_view text) {
  MDRL_ASSIGN_OR_RETURN(const Sudoku4Truth parsed, ParseSudoku4Truth(truth));
  const std::u32string points = ToCodePoints(text);
  return Judge(parsed, FromDigits(LastTaggedAnswer(points).value_or(U"")));
}

absl::StatusOr<Verdict> VerifyEval(std::string_view truth,
                                   std::string_view text) {
  MDRL_ASSIGN_OR_RETURN(const Sudoku4Truth parsed, ParseSudoku4Truth(truth));
  Verdict out = Judge(parsed, SudokuEvalAnswer(ToCodePoints(text)));
  out.correct.reset();
  return out;
}

constexpr RubricEntry kRubrics[] = {{"bare", kComponents, VerifyBare},
                                    {"eval", kComponents, VerifyEval},
                                    {"spg.train", kComponents, VerifySpgTrain}};

}  // namespace

const TaskEntry& Sudoku4Task() {
  static constexpr TaskEntry kTask = {"sudoku4", "1", false, kRubrics};
  return kTask;
}

}  // namespace mdrl
