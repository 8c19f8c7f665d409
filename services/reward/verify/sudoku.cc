#include "services/reward/verify/sudoku.h"

#include <algorithm>
#include <utility>

#include "common/base/status_macros.h"
#include "common/tasks/sudoku_truth.h"
#include "common/text/utf8.h"
#include "services/reward/verify/answer.h"
#include "services/reward/verify/sudoku_eval_answer.h"

namespace mdrl {
namespace {

template <int side>
constexpr ComponentSpec kCells[] = {{"cells", 1.0},
                                    {"empty_cells", 0.0, 0.0, side* side},
                                    {"correct_cells", 0.0, 0.0, side* side},
                                    {"solved"}};
template <int side>
constexpr ComponentSpec kTerms[] = {{"sudoku", 1.0},
                                    {"empty_cells", 0.0, 0.0, side* side},
                                    {"correct_cells", 0.0, 0.0, side* side},
                                    {"solved"}};

// `answer`: ASCII, one character per cell; empty where none was found.
Verdict Judge(const SudokuTruth& truth, std::string_view answer) {
  int empty = 0;
  int correct = 0;
  bool solved = !answer.empty();
  for (size_t i = 0; i < truth.puzzle.size(); ++i) {
    const bool right = !answer.empty() && answer[i] == truth.solution[i];
    solved = solved && right;
    if (truth.puzzle[i] != '0') continue;
    ++empty;
    correct += right ? 1 : 0;
  }
  Verdict out;
  out.outcome = answer.empty() ? Outcome::kUnparsable : Outcome::kScored;
  const double share = empty == 0 ? 0.0 : static_cast<double>(correct) / empty;
  out.values = {share, static_cast<double>(empty), static_cast<double>(correct),
                solved ? 1.0 : 0.0};
  out.correct = solved;
  return out;
}

// One ASCII character per code point: others are no cell's digit.
std::string OneByteEach(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const CodePoint c = CodePointAt(text, at);
    out += c.value < 0x80 ? static_cast<char>(c.value) : '?';
    at += c.bytes;
  }
  return out;
}

// The digits of `text`, filled up with zeros; cut they are by being compared
// only as far as the puzzle goes.
Verdict JudgeDigits(const SudokuTruth& truth, std::string_view text) {
  std::string digits = DigitsOf(text);
  std::string cells = OneByteEach(digits);
  if (!cells.empty() && cells.size() < truth.puzzle.size()) {
    digits.append(truth.puzzle.size() - cells.size(), '0');
    cells.resize(truth.puzzle.size(), '0');
  }
  Verdict out = Judge(truth, cells);
  if (cells.size() == digits.size())
    digits.resize(std::min(digits.size(), truth.puzzle.size()));
  out.extracted = Excerpt(digits);
  return out;
}

template <int side>
absl::StatusOr<Verify> PrepareBare(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(SudokuTruth parsed, ParseSudokuTruth(truth, side));
  return [parsed = std::move(parsed)](std::string_view text) {
    return JudgeDigits(parsed, text);
  };
}

template <int side>
absl::StatusOr<Verify> PreparePublished(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(SudokuTruth parsed, ParseSudokuTruth(truth, side));
  return [parsed = std::move(parsed)](std::string_view text) {
    return JudgeDigits(parsed,
                       LastTaggedAnswer(text).value_or(std::string_view()));
  };
}

Verdict TrainVerdict(const SudokuTruth& truth, std::string_view text) {
  std::string answer;
  for (const char c : LastTaggedAnswer(text).value_or(std::string_view())) {
    if (!IsSpace(static_cast<unsigned char>(c))) answer += c;
  }
  const bool whole = answer.size() == truth.puzzle.size();
  Verdict out = Judge(truth, whole ? std::string_view(answer) : "");
  out.extracted = Excerpt(answer);
  if (!whole) return out;
  double changed = 0;
  for (size_t i = 0; i < answer.size(); ++i) {
    changed += truth.puzzle[i] != '0' && truth.puzzle[i] != answer[i] ? 1 : 0;
  }
  const double empty = out.values[1];
  if (empty > 0) {
    out.values[0] = std::max(0.0, out.values[2] - changed) / empty;
  }
  return out;
}

template <int side>
absl::StatusOr<Verify> PrepareTrain(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(SudokuTruth parsed, ParseSudokuTruth(truth, side));
  return [parsed = std::move(parsed)](std::string_view text) {
    return TrainVerdict(parsed, text);
  };
}

template <int side>
absl::StatusOr<Verify> PrepareEval(std::string_view truth) {
  MDRL_ASSIGN_OR_RETURN(SudokuTruth parsed, ParseSudokuTruth(truth, side));
  return [parsed = std::move(parsed)](std::string_view text) {
    const std::string answer =
        ToUtf8(SudokuEvalAnswer(ToCodePoints(text), side * side));
    Verdict out = Judge(parsed, OneByteEach(answer));
    out.correct.reset();
    out.extracted = answer;
    return out;
  };
}

template <int side>
constexpr RubricEntry kRubrics[] = {
    {"bare", kCells<side>, PrepareBare<side>},
    {"d1.train", kTerms<side>, PreparePublished<side>},
    {"eval", kCells<side>, PrepareEval<side>},
    {"spg.train", kTerms<side>, PreparePublished<side>},
    {"train", kTerms<side>, PrepareTrain<side>}};

}  // namespace

const TaskEntry& Sudoku4Task() {
  static constexpr TaskEntry kTask = {
      "sudoku4", "1", false, "{\"puzzle\", \"solution\": 16 digits, 0 = empty}",
      kRubrics<4>};
  return kTask;
}

const TaskEntry& Sudoku9Task() {
  static constexpr TaskEntry kTask = {
      "sudoku9", "1", false, "{\"puzzle\", \"solution\": 81 digits, 0 = empty}",
      kRubrics<9>};
  return kTask;
}

}  // namespace mdrl
