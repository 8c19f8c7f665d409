// `mdrl-reward score`: a file of answers in, a file of scores out.
//
// In: JSON lines {"text": TEXT, "truth": {...}, "id": TEXT}, id optional. Out,
// in the same order: {"id","outcome","reward","correct","extracted",
// "components":{name: value}}; absent where there is none.
#ifndef MDRL_SERVICES_REWARD_COMMAND_SCORE_H_
#define MDRL_SERVICES_REWARD_COMMAND_SCORE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mdrl {

struct ScoreCommand {
  std::string task = {};
  std::string rubric = {};  // empty: the task's only one
  std::map<std::string, double> weights = {};
};

struct ScoreSummary {
  uint64_t scored = 0;
  uint64_t correct = 0;
  uint64_t unparsable = 0;
  double reward_sum = 0.0;
};
// "256 scored  50 correct  mean reward 0.27  unparsable 3"
std::string ToText(const ScoreSummary& summary);

struct ScoredLines {
  std::string lines;
  ScoreSummary summary;
};

// InvalidArgument: unknown task, rubric or weight; WHERE:LINE and what is
// wrong with the line. Pure.
absl::StatusOr<ScoredLines> ScoreLines(const ScoreCommand& command,
                                       std::string_view text,
                                       std::string_view where);

// The same from file to file; nothing is written unless every line is scored.
absl::StatusOr<ScoreSummary> ScoreFile(const ScoreCommand& command,
                                       const std::string& in,
                                       const std::string& out);

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_COMMAND_SCORE_H_
