// `mdrlctl score`: a file of answers in, a file of scores out.
//
// The lines, in and out: common/tasks/score_lines.h. Without an address the
// sibling program does it: `mdrl-reward score`.
#ifndef MDRL_CLIENT_COMMAND_SCORE_H_
#define MDRL_CLIENT_COMMAND_SCORE_H_

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/command/session.h"

namespace mdrl {

struct ScoreOptions {
  std::string task;
  std::string rubric;                // empty: DefaultRubric
  std::vector<std::string> weights;  // COMPONENT=NUMBER
  std::string in;
  std::string out;
  std::string reward;              // address; empty: mdrl-reward score
  std::filesystem::path binaries;  // where mdrl-reward lies; empty: beside us
};

// The arguments of `mdrl-reward` for the same work.
std::vector<std::string> RewardArguments(const ScoreOptions& options);

// The exit code. InvalidArgument: unknown task, rubric or weight; FILE:LINE and
// what is wrong there. Nothing is written unless every line is scored. Without
// an address this process becomes mdrl-reward, and it returns only if that
// fails.
absl::StatusOr<int> RunScore(const Session& session,
                             const ScoreOptions& options);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_SCORE_H_
