// Where in its file the prompt stands that the learner refused.
#ifndef MDRL_CLIENT_COMMAND_LINE_OF_PROMPT_H_
#define MDRL_CLIENT_COMMAND_LINE_OF_PROMPT_H_

#include <filesystem>

#include "absl/status/status.h"

namespace mdrl {

// Puts FILE:LINE before a refusal that names a prompt by its place (the fact
// "index"); any other status, or a file that cannot be read any more, comes
// back as it is.
absl::Status AtLineOfPrompt(const absl::Status& refusal,
                            const std::filesystem::path& file);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_LINE_OF_PROMPT_H_
