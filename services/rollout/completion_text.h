// What the reward service reads of a completion.
//
// Pure, thread-safe.
#ifndef MDRL_SERVICES_ROLLOUT_COMPLETION_TEXT_H_
#define MDRL_SERVICES_ROLLOUT_COMPLETION_TEXT_H_

#include <cstdint>
#include <span>
#include <string>

#include "common/text/tokenizer.h"

namespace mdrl {

// The text of `tokens` without special tokens, up to the first EOS; with
// `keep_after_eos`, of all of them.
std::string CompletionText(const Tokenizer& tokenizer,
                           std::span<const int32_t> tokens, int32_t eos_id,
                           bool keep_after_eos);

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_COMPLETION_TEXT_H_
