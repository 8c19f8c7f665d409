#include "services/learner/ledger/prompt_line.h"

#include <cstring>

#include "absl/status/status.h"
#include "nlohmann/json.hpp"

namespace mdrl {
namespace {

std::string TextOf(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string();
}

}  // namespace

absl::StatusOr<Prompt> ParsePromptLine(std::string_view line,
                                       const std::string& name) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  Prompt prompt;
  if (json.is_object()) {
    prompt.id = TextOf(json, "id");
    prompt.prefill = TextOf(json, "prefill");
    prompt.task = TextOf(json, "task");
    prompt.truth = TextOf(json, "truth");
    const auto turns = json.find("turns");
    if (turns != json.end() && turns->is_array()) {
      for (const auto& turn : *turns) {
        if (!turn.is_object()) continue;
        prompt.turns.push_back({TextOf(turn, "role"), TextOf(turn, "text")});
      }
    }
  }
  // Whatever was missing above shows here.
  if (CanonicalLine(prompt) != line) {
    return absl::DataLossError(name + ": its line is damaged");
  }
  return prompt;
}

absl::StatusOr<std::vector<int32_t>> ParseTokens(std::string_view bytes,
                                                 const std::string& name) {
  if (bytes.size() % sizeof(int32_t) != 0) {
    return absl::DataLossError(name + ": its tokens are damaged");
  }
  std::vector<int32_t> tokens(bytes.size() / sizeof(int32_t));
  if (!bytes.empty()) std::memcpy(tokens.data(), bytes.data(), bytes.size());
  return tokens;
}

}  // namespace mdrl
