#include "common/generate/generate_prompts.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"

namespace mdrl {
namespace {

using nlohmann::json;

absl::StatusOr<std::string> TextOf(const json& line, const char* key) {
  const auto found = line.find(key);
  if (found == line.end()) return std::string();
  if (!found->is_string()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", key, "\" must be a text"));
  }
  return found->get<std::string>();
}

absl::StatusOr<std::vector<Turn>> TurnsOf(const json& line) {
  const auto messages = line.find("messages");
  if (messages == line.end()) {
    if (!line.contains("prompt")) {
      return absl::InvalidArgumentError(
          "there is neither \"prompt\" nor \"messages\"");
    }
    MDRL_ASSIGN_OR_RETURN(std::string text, TextOf(line, "prompt"));
    return std::vector<Turn>{{"user", std::move(text)}};
  }
  if (!messages->is_array() || messages->empty()) {
    return absl::InvalidArgumentError("\"messages\" must be a list of turns");
  }
  std::vector<Turn> turns;
  for (const json& message : *messages) {
    if (!message.is_object() || !message.contains("role") ||
        !message.contains("content")) {
      return absl::InvalidArgumentError(
          "each of \"messages\" needs \"role\" and \"content\"");
    }
    MDRL_ASSIGN_OR_RETURN(std::string role, TextOf(message, "role"));
    MDRL_ASSIGN_OR_RETURN(std::string text, TextOf(message, "content"));
    turns.push_back({std::move(role), std::move(text)});
  }
  return turns;
}

absl::StatusOr<GeneratePrompt> ParseLine(const std::string& text) {
  const json line = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!line.is_object()) {
    return absl::InvalidArgumentError("this is no JSON object");
  }
  GeneratePrompt prompt;
  MDRL_ASSIGN_OR_RETURN(prompt.turns, TurnsOf(line));
  MDRL_ASSIGN_OR_RETURN(prompt.prefill, TextOf(line, "prefill"));
  MDRL_ASSIGN_OR_RETURN(prompt.id, TextOf(line, "id"));
  return prompt;
}

}  // namespace

absl::StatusOr<std::vector<GeneratePrompt>> ReadGeneratePrompts(
    const std::filesystem::path& file) {
  MDRL_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file));
  std::vector<GeneratePrompt> prompts;
  std::istringstream lines(bytes);
  std::string line;
  for (size_t number = 1; std::getline(lines, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    absl::StatusOr<GeneratePrompt> prompt = ParseLine(line);
    if (!prompt.ok()) {
      return WithContext(prompt.status(),
                         absl::StrCat(file.string(), ":", number));
    }
    if (prompt->id.empty()) prompt->id = absl::StrCat(prompts.size());
    prompts.push_back(*std::move(prompt));
  }
  if (prompts.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.string(), ": there is no prompt in it"));
  }
  return prompts;
}

}  // namespace mdrl
