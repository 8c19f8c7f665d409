// Files of answers to be scored, and of their scores: JSON lines, by whatever
// scores a text.
//
// Two layouts go in, told apart line by line, and each comes out in its own:
// - {"text", "truth", "id"} (id optional) -> {"id", "outcome", "reward",
//   "correct", "extracted", "sandbox" of a program that was run,
//   "components": {name: value}};
// - {"question", "ground_truth", "generation"}, what the published evaluation
//   scripts write -> {"extracted", "correct", "rewards": {name: value}}, for
//   Sudoku with "empty_cells", "correct_cells" and "accuracy". extracted and
//   correct are always those of the rubric eval, where the task has it;
//   rewards are the components, but for measurements, of the rubric asked for.
//
// Functions without state; as thread-safe as the scorer that is handed in.
#ifndef MDRL_COMMON_TASKS_SCORE_LINES_H_
#define MDRL_COMMON_TASKS_SCORE_LINES_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/record/group.h"

namespace mdrl {

// The truth of a line in the published layout, as its verifier reads it.
// `ground_truth`: JSON. gsm8k: a number, or null; math, exact_match, numeric:
// the answer; countdown: [numbers, target], or both are read in the question;
// sudoku4, sudoku9: the solution, the puzzle is read in the question; any other
// task: the truth itself. InvalidArgument: another shape.
absl::StatusOr<std::string> TruthOfPublished(std::string_view task,
                                             std::string_view question,
                                             std::string_view ground_truth);

// The rubric that is meant where none is named: spg.train, else train, else the
// only one, else none ("").
std::string DefaultRubric(std::span<const std::string> rubrics);
// eval where it is among them, else `rubric`.
std::string VerdictRubric(std::span<const std::string> rubrics,
                          const std::string& rubric);

struct ScoreSummary {
  uint64_t scored = 0;
  uint64_t correct = 0;
  uint64_t unparsable = 0;
  double reward_sum = 0.0;
  uint64_t empty_cells = 0;  // of puzzles
  uint64_t correct_cells = 0;
};
// "256 scored  50 correct  mean reward 0.2700  unparsable 3", and for puzzles
// "  cells 137 of 2048".
std::string ToText(const ScoreSummary& summary);

struct ScoredLines {
  std::string lines;
  ScoreSummary summary;
};

// One text by one rubric.
using ScoreOne = std::function<absl::StatusOr<Score>(const std::string& rubric,
                                                     const std::string& truth,
                                                     const std::string& text)>;

struct ScoreLinesOptions {
  std::string task = {};
  std::string rubric = {};   // rewards
  std::string verdict = {};  // extracted and correct of the published layout
};

// InvalidArgument: WHERE:LINE and what is wrong with the line, or that there is
// none. An error of `score` comes back with WHERE:LINE.
absl::StatusOr<ScoredLines> ScoreLines(const ScoreLinesOptions& options,
                                       std::string_view text,
                                       std::string_view where,
                                       const ScoreOne& score);

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_SCORE_LINES_H_
