// Prompts as the ledger stores them: the canonical line of their set's hash,
// and tokens as bytes.
//
// Pure functions; `name` is put before the message of a DataLoss.
#ifndef MDRL_SERVICES_LEARNER_LEDGER_PROMPT_LINE_H_
#define MDRL_SERVICES_LEARNER_LEDGER_PROMPT_LINE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/record/prompt.h"

namespace mdrl {

// The inverse of CanonicalLine; set_sha256 and index stay empty. DataLoss
// unless the line is exactly what CanonicalLine makes of the result.
absl::StatusOr<Prompt> ParsePromptLine(std::string_view line,
                                       const std::string& name);

// Little-endian i32. DataLoss unless the size is a multiple of four.
absl::StatusOr<std::vector<int32_t>> ParseTokens(std::string_view bytes,
                                                 const std::string& name);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEDGER_PROMPT_LINE_H_
