// `mdrl-reward score`: a file of answers in, a file of scores out.
//
// The lines, in and out: common/tasks/score_lines.h.
#ifndef MDRL_SERVICES_REWARD_COMMAND_SCORE_H_
#define MDRL_SERVICES_REWARD_COMMAND_SCORE_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/tasks/score_lines.h"
#include "services/reward/scoring.h"

namespace mdrl {

struct ScoreCommand {
  std::string task = {};
  std::string rubric = {};  // empty: DefaultRubric
  std::map<std::string, double> weights = {};
  ProgramRuns programs = {};
};

// Whether ScoreCommand::programs is needed. False also for an unknown task.
bool RunsPrograms(std::string_view task);

// InvalidArgument: unknown task, rubric or weight; WHERE:LINE and what is
// wrong with the line. FailedPrecondition: the task runs programs and there is
// no sandbox. Unavailable: a program could not be run. Pure but for programs.
absl::StatusOr<ScoredLines> ScoreLines(const ScoreCommand& command,
                                       std::string_view text,
                                       std::string_view where);

// The same from file to file; nothing is written unless every line is scored.
absl::StatusOr<ScoreSummary> ScoreFile(const ScoreCommand& command,
                                       const std::string& in,
                                       const std::string& out);

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_COMMAND_SCORE_H_
