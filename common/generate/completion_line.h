// One completion as a line of JSON, the same from `mdrl-rollout generate` and
// from a run's workers.
#ifndef MDRL_COMMON_GENERATE_COMPLETION_LINE_H_
#define MDRL_COMMON_GENERATE_COMPLETION_LINE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "common/generate/generate_prompts.h"
#include "common/record/group.h"

namespace mdrl {

struct CompletionLineOptions {
  bool reveals = false;
  std::optional<uint64_t> version = std::nullopt;  // of a run's policy
};

// {"id", "completion", "text", "tokens", "truncated", "forwards"}, with a
// version "version", with reveals "token_ids", "reveal_step" (null: never) and
// "confidence"; no line break. `text` is the completion's own: the line's
// begins with the prompt's prefill. Bytes that are no UTF-8 become U+FFFD.
std::string CompletionLine(const GeneratePrompt& prompt,
                           const Completion& completion,
                           const std::string& text,
                           const CompletionLineOptions& options);

}  // namespace mdrl

#endif  // MDRL_COMMON_GENERATE_COMPLETION_LINE_H_
