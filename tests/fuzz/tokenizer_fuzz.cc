// A tokenizer.json, and behind a NUL byte a text for it: whatever both
// hold, reading, encoding and decoding end.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/text/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const size_t cut = all.find('\0');
  const auto tokenizer = mdrl::Tokenizer::Parse(all.substr(0, cut), "fuzz");
  if (!tokenizer.ok() || cut == std::string_view::npos) return 0;
  const auto ids = (*tokenizer)->Encode(all.substr(cut + 1));
  if (!ids.ok()) return 0;
  (*tokenizer)->Decode(*ids, /*skip_special=*/true);
  (*tokenizer)->WithSpecialTokens(*ids);
  return 0;
}
