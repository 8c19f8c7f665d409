#include "common/tasks/prompt_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"
#include "common/tasks/check_truth.h"
#include "common/tasks/dataset_lines.h"
#include "common/tasks/text_lines.h"

namespace mdrl {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kMaxFileBytes = uint64_t{1} << 30;

std::string Dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::Status Bad(const std::string& what) {
  return absl::InvalidArgumentError(what);
}

absl::StatusOr<std::string> TextOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) {
    return Bad(absl::StrCat("\"", key, "\" must be a string"));
  }
  return found->get<std::string>();
}

absl::Status CheckKeys(const Json& object,
                       std::initializer_list<std::string_view> keys) {
  if (!object.is_object()) return Bad("not a JSON object");
  for (const auto& [key, value] : object.items()) {
    bool known = false;
    for (const std::string_view name : keys) known = known || name == key;
    if (!known) return Bad(absl::StrCat("unknown key \"", key, "\""));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Turn>> TurnsOf(const Json& object) {
  const int forms = object.contains("prompt") + object.contains("turns") +
                    object.contains("messages");
  if (forms != 1) {
    return Bad(
        "exactly one of \"prompt\", \"turns\" and \"messages\" must be "
        "there");
  }
  if (object.contains("prompt")) {
    MDRL_ASSIGN_OR_RETURN(std::string text, TextOf(object, "prompt"));
    if (text.empty()) return Bad("\"prompt\" is empty");
    return std::vector<Turn>{{"user", std::move(text)}};
  }
  // What other programs write: "messages" with "content" for "text".
  const bool foreign = object.contains("messages");
  const char* list = foreign ? "messages" : "turns";
  const char* body = foreign ? "content" : "text";
  const Json& turns = object[list];
  if (!turns.is_array() || turns.empty()) {
    return Bad(absl::StrCat("\"", list, "\" must be a list of turns"));
  }
  std::vector<Turn> out;
  for (const Json& turn : turns) {
    if (!turn.is_object()) {
      return Bad(absl::StrCat("a turn must be {\"role\",\"", body, "\"}"));
    }
    MDRL_ASSIGN_OR_RETURN(std::string role, TextOf(turn, "role"));
    MDRL_ASSIGN_OR_RETURN(std::string text, TextOf(turn, body));
    out.push_back({std::move(role), std::move(text)});
  }
  return out;
}

absl::StatusOr<Prompt> PromptOf(const Json& object, std::string_view task) {
  if (!object.is_object()) return Bad("not a JSON object");
  if (auto prompt = PromptOfDataset(object, task)) return *std::move(prompt);
  MDRL_RETURN_IF_ERROR(CheckKeys(
      object, {"prompt", "turns", "messages", "prefill", "truth", "id"}));
  Prompt out;
  out.task = std::string(task);
  MDRL_ASSIGN_OR_RETURN(out.turns, TurnsOf(object));
  if (object.contains("prefill")) {
    MDRL_ASSIGN_OR_RETURN(out.prefill, TextOf(object, "prefill"));
  }
  if (object.contains("id")) {
    MDRL_ASSIGN_OR_RETURN(out.id, TextOf(object, "id"));
  }
  if (!object.contains("truth")) return Bad("no \"truth\"");
  const Json& truth = object["truth"];
  out.truth = truth.is_string() ? truth.get<std::string>() : Dump(truth);
  return out;
}

absl::Status Add(const Json& object, std::string_view task, PromptFile& out) {
  MDRL_ASSIGN_OR_RETURN(Prompt prompt, PromptOf(object, task));
  MDRL_ASSIGN_OR_RETURN(const TruthCheck check, CheckTruth(task, prompt.truth));
  out.several_solutions += check.several_solutions ? 1 : 0;
  prompt.index = out.prompts.size();
  out.prompts.push_back(std::move(prompt));
  return absl::OkStatus();
}

// Some data sets are one JSON list over many lines.
absl::Status AddList(std::string_view text, std::string_view task,
                     std::string_view where, PromptFile& out) {
  const Json list = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) {
    return Bad(absl::StrCat(std::string(where),
                            ": begins with [ and is not a JSON list"));
  }
  for (size_t i = 0; i < list.size(); ++i) {
    MDRL_RETURN_IF_ERROR(
        WithContext(Add(list[i], task, out),
                    absl::StrCat(std::string(where), ": entry ", i + 1)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PromptFile> ParsePromptFile(std::string_view text,
                                           std::string_view task,
                                           std::string_view where) {
  PromptFile out;
  if (text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()),
                  1) == "[") {
    MDRL_RETURN_IF_ERROR(AddList(text, task, where, out));
  } else {
    MDRL_RETURN_IF_ERROR(ForEachLine(text, where, [&](std::string_view line) {
      return Add(Json::parse(line, nullptr, false), task, out);
    }));
  }
  if (out.prompts.empty()) {
    return Bad(absl::StrCat(std::string(where), ": there is no prompt"));
  }
  return out;
}

absl::StatusOr<PromptFile> ReadPromptFile(const std::filesystem::path& file,
                                          std::string_view task) {
  MDRL_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, kMaxFileBytes));
  return ParsePromptFile(text, task, file.string());
}

absl::StatusOr<std::vector<Demonstration>> ReadDemonstrations(
    const std::filesystem::path& file) {
  MDRL_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, kMaxFileBytes));
  std::vector<Demonstration> out;
  MDRL_RETURN_IF_ERROR(ForEachLine(
      text, file.string(), [&out](std::string_view line) -> absl::Status {
        const Json object = Json::parse(line, nullptr, false);
        MDRL_RETURN_IF_ERROR(CheckKeys(object, {"prompt", "answer"}));
        Demonstration demonstration;
        MDRL_ASSIGN_OR_RETURN(demonstration.prompt, TextOf(object, "prompt"));
        MDRL_ASSIGN_OR_RETURN(demonstration.answer, TextOf(object, "answer"));
        out.push_back(std::move(demonstration));
        return absl::OkStatus();
      }));
  if (out.empty()) {
    return Bad(absl::StrCat(file.string(), ": there is no demonstration"));
  }
  return out;
}

std::string ToJsonLines(std::span<const Prompt> prompts) {
  std::string out;
  for (const Prompt& prompt : prompts) {
    Json line;
    if (prompt.turns.size() == 1 && prompt.turns[0].role == "user") {
      line["prompt"] = prompt.turns[0].text;
    } else {
      line["turns"] = Json::array();
      for (const Turn& turn : prompt.turns) {
        line["turns"].push_back({{"role", turn.role}, {"text", turn.text}});
      }
    }
    if (!prompt.prefill.empty()) line["prefill"] = prompt.prefill;
    Json truth = Json::parse(prompt.truth, nullptr, false);
    line["truth"] = truth.is_discarded() ? Json(prompt.truth) : truth;
    if (!prompt.id.empty()) line["id"] = prompt.id;
    absl::StrAppend(&out, Dump(line), "\n");
  }
  return out;
}

std::string ToJsonLines(std::span<const Demonstration> demonstrations) {
  std::string out;
  for (const Demonstration& demonstration : demonstrations) {
    Json line;
    line["prompt"] = demonstration.prompt;
    line["answer"] = demonstration.answer;
    absl::StrAppend(&out, Dump(line), "\n");
  }
  return out;
}

}  // namespace mdrl
