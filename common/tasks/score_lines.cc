#include "common/tasks/score_lines.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/record/outcome.h"
#include "common/tasks/text_lines.h"

namespace mdrl {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<double> ValueOf(const Score& score, std::string_view name) {
  for (const ScoreComponent& component : score.components) {
    if (component.name == name) return component.value;
  }
  return std::nullopt;
}

Json PlainLine(const Json& id, const Score& score) {
  Json out;
  if (!id.is_null()) out["id"] = id;
  out["outcome"] = OutcomeName(score.outcome);
  if (score.reward) out["reward"] = *score.reward;
  if (score.correct) out["correct"] = *score.correct;
  out["extracted"] = score.extracted;
  if (!score.sandbox.empty()) out["sandbox"] = score.sandbox;
  for (const ScoreComponent& component : score.components) {
    out["components"][component.name] = component.value;
  }
  return out;
}

// gsm8k's answers are numbers; a puzzle's, and an empty one's, are texts.
Json ExtractedOf(std::string_view task, bool puzzle, const Score& verdict) {
  if (puzzle) return verdict.extracted;
  if (verdict.outcome == Outcome::kUnparsable) return nullptr;
  if (task != "gsm8k") return verdict.extracted;
  double number = 0.0;
  const std::string& text = verdict.extracted;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Json PublishedLine(std::string_view task, const Score& rewards,
                   const Score& verdict) {
  const auto empty = ValueOf(verdict, "empty_cells");
  const auto right = ValueOf(verdict, "correct_cells");
  const bool puzzle = empty && right;
  Json out;
  out["extracted"] = ExtractedOf(task, puzzle, verdict);
  out["correct"] = verdict.correct ? Json(*verdict.correct) : Json(nullptr);
  if (puzzle) {
    out["empty_cells"] = static_cast<int64_t>(*empty);
    out["correct_cells"] = static_cast<int64_t>(*right);
    out["accuracy"] = *empty > 0 ? *right / *empty : 0.0;
  }
  out["rewards"] = Json::object();
  for (const ScoreComponent& component : rewards.components) {
    if (component.weight == 0.0) continue;
    out["rewards"][component.name] = component.value;
  }
  return out;
}

void Count(const Score& rewards, const Score& verdict, ScoreSummary& summary) {
  ++summary.scored;
  summary.correct += verdict.correct.value_or(false) ? 1 : 0;
  summary.unparsable += verdict.outcome == Outcome::kUnparsable ? 1 : 0;
  summary.reward_sum += rewards.reward.value_or(0.0);
  summary.empty_cells +=
      static_cast<uint64_t>(ValueOf(verdict, "empty_cells").value_or(0.0));
  summary.correct_cells +=
      static_cast<uint64_t>(ValueOf(verdict, "correct_cells").value_or(0.0));
}

absl::StatusOr<std::string> StringOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) {
    return absl::InvalidArgumentError(
        absl::StrCat("must hold the string \"", key, "\""));
  }
  return found->get<std::string>();
}

absl::Status ScorePublished(const ScoreLinesOptions& options,
                            const Json& object, const ScoreOne& score,
                            ScoredLines& out) {
  MDRL_ASSIGN_OR_RETURN(const std::string text, StringOf(object, "generation"));
  MDRL_ASSIGN_OR_RETURN(const std::string question,
                        StringOf(object, "question"));
  if (!object.contains("ground_truth")) {
    return absl::InvalidArgumentError("must hold \"ground_truth\"");
  }
  MDRL_ASSIGN_OR_RETURN(
      const std::string truth,
      TruthOfPublished(options.task, question, Dump(object["ground_truth"])));
  MDRL_ASSIGN_OR_RETURN(const Score rewards,
                        score(options.rubric, truth, text));
  Score verdict = rewards;
  if (options.verdict != options.rubric) {
    MDRL_ASSIGN_OR_RETURN(verdict, score(options.verdict, truth, text));
  }
  Count(rewards, verdict, out.summary);
  absl::StrAppend(&out.lines,
                  Dump(PublishedLine(options.task, rewards, verdict)), "\n");
  return absl::OkStatus();
}

absl::Status ScoreLine(const ScoreLinesOptions& options, std::string_view line,
                       const ScoreOne& score, ScoredLines& out) {
  const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) {
    return absl::InvalidArgumentError("not a JSON object");
  }
  if (object.contains("generation")) {
    return ScorePublished(options, object, score, out);
  }
  if (!object.contains("text") || !object["text"].is_string() ||
      !object.contains("truth")) {
    return absl::InvalidArgumentError(
        "holds neither \"text\" and \"truth\" nor \"question\", "
        "\"ground_truth\" and \"generation\"");
  }
  const Json& given = object["truth"];
  const std::string truth =
      given.is_string() ? given.get<std::string>() : Dump(given);
  MDRL_ASSIGN_OR_RETURN(
      const Score scored,
      score(options.rubric, truth, object["text"].get<std::string>()));
  Count(scored, scored, out.summary);
  absl::StrAppend(&out.lines,
                  Dump(PlainLine(object.value("id", Json()), scored)), "\n");
  return absl::OkStatus();
}

bool Has(std::span<const std::string> rubrics, std::string_view name) {
  return std::find(rubrics.begin(), rubrics.end(), name) != rubrics.end();
}

}  // namespace

std::string DefaultRubric(std::span<const std::string> rubrics) {
  for (const char* name : {"spg.train", "train"}) {
    if (Has(rubrics, name)) return name;
  }
  return rubrics.size() == 1 ? rubrics[0] : std::string();
}

std::string VerdictRubric(std::span<const std::string> rubrics,
                          const std::string& rubric) {
  return Has(rubrics, "eval") ? "eval" : rubric;
}

std::string ToText(const ScoreSummary& summary) {
  std::string out = absl::StrFormat(
      "%d scored  %d correct  mean reward %.4f  unparsable %d", summary.scored,
      summary.correct,
      summary.scored == 0 ? 0.0 : summary.reward_sum / summary.scored,
      summary.unparsable);
  if (summary.empty_cells > 0) {
    absl::StrAppend(&out, "  cells ", summary.correct_cells, " of ",
                    summary.empty_cells);
  }
  return out;
}

absl::StatusOr<ScoredLines> ScoreLines(const ScoreLinesOptions& options,
                                       std::string_view text,
                                       std::string_view where,
                                       const ScoreOne& score) {
  ScoredLines out;
  MDRL_RETURN_IF_ERROR(ForEachLine(text, where, [&](std::string_view line) {
    return ScoreLine(options, line, score, out);
  }));
  if (out.summary.scored == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(where), ": there is nothing to score"));
  }
  return out;
}

}  // namespace mdrl
