#include "services/reward/command/score.h"

#include <cstdint>
#include <vector>

#include "common/base/status_macros.h"
#include "common/format/file.h"
#include "services/reward/rubric.h"
#include "services/reward/verify/registry.h"

namespace mdrl {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{1} << 30;

absl::StatusOr<std::vector<std::string>> RubricsOf(std::string_view name) {
  MDRL_ASSIGN_OR_RETURN(const TaskEntry* task, FindTask(name));
  std::vector<std::string> out;
  for (const RubricEntry& rubric : task->rubrics) {
    out.emplace_back(rubric.name);
  }
  return out;
}

absl::StatusOr<Score> RunProgram(const ScoreCommand& command,
                                 const std::string& rubric,
                                 const std::string& truth,
                                 const std::string& text) {
  ScoreRequest request;
  request.prompt.task = command.task;
  request.prompt.truth = truth;
  request.rubric = rubric;
  request.texts = {{0, text}};
  if (rubric == command.rubric) request.weights = command.weights;
  MDRL_ASSIGN_OR_RETURN(ScoreReply reply,
                        ScoreTextsWith(command.programs, request));
  Score& score = reply.items[0].score;
  if (score.outcome == Outcome::kServiceError) {
    return absl::UnavailableError("the sandbox could not run the program");
  }
  return std::move(score);
}

}  // namespace

bool RunsPrograms(std::string_view task) {
  const auto found = FindTask(task);
  return found.ok() && (*found)->runs_programs;
}

absl::StatusOr<ScoredLines> ScoreLines(const ScoreCommand& command,
                                       std::string_view text,
                                       std::string_view where) {
  MDRL_ASSIGN_OR_RETURN(const auto rubrics, RubricsOf(command.task));
  ScoreLinesOptions options;
  options.task = command.task;
  options.rubric =
      command.rubric.empty() ? DefaultRubric(rubrics) : command.rubric;
  options.verdict = VerdictRubric(rubrics, options.rubric);
  MDRL_ASSIGN_OR_RETURN(
      const Rubric rewards,
      Rubric::Create(command.task, options.rubric, command.weights));
  MDRL_ASSIGN_OR_RETURN(const Rubric verdict,
                        Rubric::Create(command.task, options.verdict, {}));
  if (rewards.runs_programs()) {
    ScoreCommand asked = command;
    asked.rubric = options.rubric;
    return ScoreLines(options, text, where,
                      [&](const std::string& rubric, const std::string& truth,
                          const std::string& answer) {
                        return RunProgram(asked, rubric, truth, answer);
                      });
  }
  return ScoreLines(
      options, text, where,
      [&](const std::string& rubric, const std::string& truth,
          const std::string& answer) -> absl::StatusOr<Score> {
        const Rubric& by = rubric == options.rubric ? rewards : verdict;
        MDRL_ASSIGN_OR_RETURN(const Rubric::Judge judge, by.For(truth));
        return judge(answer);
      });
}

absl::StatusOr<ScoreSummary> ScoreFile(const ScoreCommand& command,
                                       const std::string& in,
                                       const std::string& out) {
  MDRL_ASSIGN_OR_RETURN(const std::string text, ReadFile(in, kMaxFileBytes));
  MDRL_ASSIGN_OR_RETURN(const ScoredLines scored,
                        ScoreLines(command, text, in));
  MDRL_RETURN_IF_ERROR(WriteFileAtomically(out, scored.lines));
  return scored.summary;
}

}  // namespace mdrl
