#include "common/generate/completion_line.h"

#include <nlohmann/json.hpp>

namespace mdrl {

std::string CompletionLine(const GeneratePrompt& prompt,
                           const Completion& completion,
                           const std::string& text,
                           const CompletionLineOptions& options) {
  using Json = nlohmann::ordered_json;
  Json line;
  line["id"] = prompt.id;
  line["completion"] = completion.index;
  line["text"] = prompt.prefill + text;
  line["tokens"] = completion.effective_tokens;
  line["truncated"] = completion.truncated;
  line["forwards"] = completion.forwards;
  if (options.version) line["version"] = *options.version;
  if (options.reveals) {
    line["token_ids"] = completion.tokens;
    for (const uint16_t step : completion.reveal_step) {
      line["reveal_step"].push_back(step == kNeverRevealed ? Json()
                                                           : Json(step));
    }
    line["confidence"] = completion.confidence;
  }
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace mdrl
