#include "client/command/score.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <ostream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/launch/service_plan.h"
#include "client/rpc/score_link.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"
#include "common/tasks/score_lines.h"

namespace mdrl {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{1} << 30;
constexpr absl::Duration kPatience = absl::Seconds(10);

absl::Status Usage(const std::string& message) {
  return ErrorWith(absl::StatusCode::kInvalidArgument, reason::kUsage, "",
                   message);
}

absl::StatusOr<std::map<std::string, double>> WeightsOf(
    const std::vector<std::string>& given) {
  std::map<std::string, double> out;
  for (const std::string& weight : given) {
    const size_t equals = weight.find('=');
    double value = 0.0;
    if (equals == std::string::npos ||
        !absl::SimpleAtod(weight.substr(equals + 1), &value) ||
        !std::isfinite(value)) {
      return Usage(absl::StrCat("--weight takes COMPONENT=NUMBER, not \"",
                                weight, "\""));
    }
    out[weight.substr(0, equals)] = value;
  }
  return out;
}

absl::StatusOr<std::vector<std::string>> RubricsOf(const TaskListing& listing,
                                                   const std::string& task) {
  std::vector<std::string> known;
  for (const TaskListing::Task& listed : listing.tasks) {
    if (listed.name == task) return listed.rubrics;
    known.push_back(listed.name);
  }
  return Usage(absl::StrCat("unknown task \"", task, "\"; there are ",
                            absl::StrJoin(known, ", ")));
}

absl::Status ScoreRemotely(const Session& session,
                           const ScoreOptions& options) {
  MDRL_ASSIGN_OR_RETURN(const auto weights, WeightsOf(options.weights));
  MDRL_ASSIGN_OR_RETURN(const std::string text,
                        ReadFile(options.in, kMaxFileBytes));
  MDRL_ASSIGN_OR_RETURN(const auto link,
                        ScoreLink::Connect(options.reward, session.timeout));
  MDRL_ASSIGN_OR_RETURN(const TaskListing listing, link->ListTasks(kPatience));
  MDRL_ASSIGN_OR_RETURN(const auto rubrics, RubricsOf(listing, options.task));
  ScoreLinesOptions lines;
  lines.task = options.task;
  lines.rubric =
      options.rubric.empty() ? DefaultRubric(rubrics) : options.rubric;
  lines.verdict = VerdictRubric(rubrics, lines.rubric);
  MDRL_ASSIGN_OR_RETURN(
      const ScoredLines scored,
      ScoreLines(lines, text, options.in,
                 [&](const std::string& rubric, const std::string& truth,
                     const std::string& answer) {
                   // The weights are those of the rubric that was asked for.
                   const bool asked = rubric == lines.rubric;
                   return link->ScoreText(
                       options.task, rubric,
                       asked ? weights : std::map<std::string, double>(), truth,
                       answer);
                 }));
  MDRL_RETURN_IF_ERROR(WriteFileAtomically(options.out, scored.lines));
  *session.out << ToText(scored.summary) << "\n";
  return absl::OkStatus();
}

}  // namespace

std::vector<std::string> RewardArguments(const ScoreOptions& options) {
  std::vector<std::string> out = {"score",    "--task", options.task, "--in",
                                  options.in, "--out",  options.out};
  if (!options.rubric.empty()) {
    out.insert(out.end(), {"--rubric", options.rubric});
  }
  for (const std::string& weight : options.weights) {
    out.insert(out.end(), {"--weight", weight});
  }
  return out;
}

absl::StatusOr<int> RunScore(const Session& session,
                             const ScoreOptions& options) {
  if (!options.reward.empty()) {
    MDRL_RETURN_IF_ERROR(ScoreRemotely(session, options));
    return 0;
  }
  const std::string program =
      ((options.binaries.empty() ? OwnFolder() : options.binaries) /
       "mdrl-reward")
          .string();
  std::vector<std::string> arguments = RewardArguments(options);
  arguments.insert(arguments.begin(), program);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  session.out->flush();
  execv(program.c_str(), argv.data());
  return absl::NotFoundError(absl::StrCat(program, ": ", std::strerror(errno),
                                          ": the services lie beside mdrlctl"));
}

}  // namespace mdrl
