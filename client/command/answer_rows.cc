#include "client/command/answer_rows.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/tasks/text_lines.h"

namespace mdrl {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<Json> ParseObject(std::string_view line) {
  Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (object.is_object()) return object;
  return absl::DataLossError("not a JSON object");
}

// The place of the prompt that a decoded line is about.
absl::StatusOr<size_t> PlaceOf(const Json& line, size_t prompts) {
  uint64_t place = 0;
  if (!line.contains("id") || !line["id"].is_string() ||
      !absl::SimpleAtoi(line["id"].get<std::string>(), &place) ||
      place >= prompts || !line.contains("text") || !line["text"].is_string() ||
      !line.contains("tokens") || !line["tokens"].is_number()) {
    return absl::DataLossError(
        "holds no \"id\" of a prompt, \"text\" and \"tokens\"");
  }
  return place;
}

struct Sums {
  double reward = 0.0;
  double square = 0.0;
  uint64_t rewarded = 0;
};

absl::Status AddScore(const Json& line, v1::Evaluation::Row& row, Sums& sums) {
  if (!line.contains("outcome")) {
    return absl::DataLossError("holds no \"outcome\"");
  }
  row.set_done(row.done() + 1);
  if (line.contains("correct") && line["correct"].is_boolean()) {
    row.set_verdicts(row.verdicts() + 1);
    row.set_correct(row.correct() + (line["correct"].get<bool>() ? 1 : 0));
  }
  if (line.contains("reward") && line["reward"].is_number()) {
    const double reward = line["reward"].get<double>();
    sums.reward += reward;
    sums.square += reward * reward;
    ++sums.rewarded;
  } else {
    row.set_service_errors(row.service_errors() + 1);
  }
  if (!line.contains("components")) return absl::OkStatus();
  for (const auto& [name, value] : line["components"].items()) {
    if (value.is_number()) (*row.mutable_extra())[name] += value.get<double>();
  }
  return absl::OkStatus();
}

}  // namespace

std::string QuestionLines(const std::vector<Prompt>& prompts) {
  std::string out;
  for (size_t i = 0; i < prompts.size(); ++i) {
    Json line;
    line["id"] = absl::StrCat(i);
    line["messages"] = Json::array();
    for (const Turn& turn : prompts[i].turns) {
      line["messages"].push_back({{"role", turn.role}, {"content", turn.text}});
    }
    if (!prompts[i].prefill.empty()) line["prefill"] = prompts[i].prefill;
    absl::StrAppend(&out, Dump(line), "\n");
  }
  return out;
}

absl::StatusOr<DecodedAnswers> ReadDecoded(std::string_view lines,
                                           std::string_view where,
                                           const std::vector<Prompt>& prompts) {
  DecodedAnswers out;
  size_t answered = 0;
  double tokens = 0.0;
  const absl::Status status =
      ForEachLine(lines, where, [&](std::string_view text) -> absl::Status {
        MDRL_ASSIGN_OR_RETURN(const Json line, ParseObject(text));
        MDRL_ASSIGN_OR_RETURN(const size_t place,
                              PlaceOf(line, prompts.size()));
        const Prompt& prompt = prompts[place];
        const std::string all = line["text"];
        tokens += line["tokens"].get<double>();
        ++answered;
        const Json answer = {
            {"id", line["id"]},
            {"text", all.substr(std::min(prompt.prefill.size(), all.size()))},
            {"truth", prompt.truth}};
        absl::StrAppend(&out.answers, Dump(answer), "\n");
        return absl::OkStatus();
      });
  MDRL_RETURN_IF_ERROR(status);
  if (answered != prompts.size()) {
    return absl::DataLossError(absl::StrCat(std::string(where), ": ", answered,
                                            " answers to ", prompts.size(),
                                            " prompts"));
  }
  out.effective_tokens_mean =
      answered == 0 ? 0.0 : tokens / static_cast<double>(answered);
  return out;
}

absl::Status AddScores(std::string_view lines, std::string_view where,
                       v1::Evaluation::Row& row) {
  Sums sums;
  MDRL_RETURN_IF_ERROR(
      ForEachLine(lines, where, [&](std::string_view text) -> absl::Status {
        MDRL_ASSIGN_OR_RETURN(const Json line, ParseObject(text));
        return AddScore(line, row, sums);
      }));
  if (row.done() != row.total()) {
    return absl::DataLossError(absl::StrCat(std::string(where), ": ",
                                            row.done(), " scores of ",
                                            row.total(), " answers"));
  }
  const double n = std::max<double>(static_cast<double>(sums.rewarded), 1.0);
  const double mean = sums.reward / n;
  row.set_reward_mean(mean);
  row.set_reward_stddev(
      std::sqrt(std::max(sums.square / n - mean * mean, 0.0)));
  return absl::OkStatus();
}

}  // namespace mdrl
