#include "services/rollout/completion_text.h"

#include <algorithm>

namespace mdrl {

std::string CompletionText(const Tokenizer& tokenizer,
                           std::span<const int32_t> tokens, int32_t eos_id,
                           bool keep_after_eos) {
  if (!keep_after_eos) {
    const auto eos = std::find(tokens.begin(), tokens.end(), eos_id);
    tokens = tokens.first(static_cast<size_t>(eos - tokens.begin()));
  }
  return tokenizer.Decode(tokens, /*skip_special=*/true);
}

}  // namespace mdrl
