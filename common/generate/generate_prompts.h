// What `mdrl-rollout generate` is asked: one text, or a file of JSON lines.
#ifndef MDRL_COMMON_GENERATE_GENERATE_PROMPTS_H_
#define MDRL_COMMON_GENERATE_GENERATE_PROMPTS_H_

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/record/prompt.h"

namespace mdrl {

struct GeneratePrompt {
  std::string id;  // the line's, or its number from 0
  std::vector<Turn> turns;
  std::string prefill;
};

// Lines of a prompt set are understood as they are: "prompt" (a text) or
// "messages" (a list of {"role", "content"}), "id" and "prefill" if any; other
// keys are passed over. InvalidArgument names file, line and key.
absl::StatusOr<std::vector<GeneratePrompt>> ReadGeneratePrompts(
    const std::filesystem::path& file);

}  // namespace mdrl

#endif  // MDRL_COMMON_GENERATE_GENERATE_PROMPTS_H_
