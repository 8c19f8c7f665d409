#include "services/reward/command/score.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"
#include "common/tasks/text_lines.h"
#include "services/reward/rubric.h"
#include "services/reward/verify/registry.h"

namespace mdrl {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kMaxFileBytes = uint64_t{1} << 30;

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kScored:
      return "scored";
    case Outcome::kUnparsable:
      return "unparsable";
    case Outcome::kProgramTimeout:
      return "program_timeout";
    case Outcome::kProgramMemory:
      return "program_memory";
    case Outcome::kProgramCrash:
      return "program_crash";
    case Outcome::kServiceError:
      return "service_error";
    case Outcome::kUnspecified:
      break;
  }
  return "unspecified";
}

std::string LineOf(const Json& id, const Score& score) {
  Json out;
  if (!id.is_null()) out["id"] = id;
  out["outcome"] = OutcomeName(score.outcome);
  if (score.reward) out["reward"] = *score.reward;
  if (score.correct) out["correct"] = *score.correct;
  out["extracted"] = score.extracted;
  for (const ScoreComponent& component : score.components) {
    out["components"][component.name] = component.value;
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<Rubric> RubricOf(const ScoreCommand& command) {
  std::string name = command.rubric;
  if (name.empty()) {
    MDRL_ASSIGN_OR_RETURN(const TaskEntry* task, FindTask(command.task));
    if (task->rubrics.size() == 1) name = std::string(task->rubrics[0].name);
  }
  return Rubric::Create(command.task, name, command.weights);
}

absl::Status ScoreLine(const Rubric& rubric, std::string_view line,
                       ScoredLines& out) {
  const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || !object.contains("text") ||
      !object["text"].is_string() || !object.contains("truth")) {
    return absl::InvalidArgumentError(
        "not a JSON object with \"text\" and \"truth\"");
  }
  const Json& given = object["truth"];
  const std::string truth =
      given.is_string() ? given.get<std::string>() : given.dump();
  MDRL_ASSIGN_OR_RETURN(
      const Score score,
      rubric.ScoreText(truth, object["text"].get<std::string>()));
  ++out.summary.scored;
  out.summary.correct += score.correct.value_or(false) ? 1 : 0;
  out.summary.unparsable += score.outcome == Outcome::kUnparsable ? 1 : 0;
  out.summary.reward_sum += score.reward.value_or(0.0);
  out.lines += LineOf(object.value("id", Json()), score);
  return absl::OkStatus();
}

}  // namespace

std::string ToText(const ScoreSummary& summary) {
  return absl::StrFormat(
      "%d scored  %d correct  mean reward %.4f  unparsable %d", summary.scored,
      summary.correct,
      summary.scored == 0 ? 0.0 : summary.reward_sum / summary.scored,
      summary.unparsable);
}

absl::StatusOr<ScoredLines> ScoreLines(const ScoreCommand& command,
                                       std::string_view text,
                                       std::string_view where) {
  MDRL_ASSIGN_OR_RETURN(const Rubric rubric, RubricOf(command));
  ScoredLines out;
  MDRL_RETURN_IF_ERROR(
      ForEachLine(text, where, [&rubric, &out](std::string_view line) {
        return ScoreLine(rubric, line, out);
      }));
  if (out.summary.scored == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(where), ": there is nothing to score"));
  }
  return out;
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
