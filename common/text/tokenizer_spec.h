// What a tokenizer.json says, as plain values. Everything that this build does
// not do is refused by name: a tokenizer that guesses makes other ids than the
// model was trained with.
//
// Supported: BPE over bytes (a ByteLevel pre-tokenizer, after any number of
// Splits by regular expression or text) or over characters (no pre-tokenizer,
// decoder Fuse); added tokens with all their flags; merges in both notations;
// ignore_merges; post-processors ByteLevel and TemplateProcessing. Not
// supported: normalizers, truncation, padding, dropout, byte_fallback.
#ifndef MDRL_COMMON_TEXT_TOKENIZER_SPEC_H_
#define MDRL_COMMON_TEXT_TOKENIZER_SPEC_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace mdrl {

// The flags mean what added_tokens.h says. `normalized` tokens are looked for
// after all others are cut out; `special` ones can be left out of decoded text.
struct AddedToken {
  std::string text;
  int32_t id = 0;
  bool special = false;
  bool single_word = false;
  bool lstrip = false;
  bool rstrip = false;
  bool normalized = false;
};

// A Split pre-tokenizer: text is cut at the begin and end of each match.
struct SplitSpec {
  std::string regex;
  bool keep_matches = true;
  bool keep_others = true;  // the stretches between matches
};

struct TokenizerSpec {
  std::vector<AddedToken> added;
  // Tokens as the file spells them; in the byte alphabet for byte level.
  std::vector<std::pair<std::string, int32_t>> vocab;
  std::vector<std::pair<std::string, std::string>> merges;  // best first
  bool ignore_merges = false;  // a piece that is a token is that token
  bool byte_level = false;
  std::vector<SplitSpec> splits;  // one after the other
  bool prefix_space = false;      // before each piece that has none, then ...
  bool split_words = false;       // ... GPT-2's own pattern, as the last split
  // What the post-processor puts around a text.
  std::vector<int32_t> prefix;
  std::vector<int32_t> suffix;
};

// InvalidArgument names the part of the file.
absl::StatusOr<TokenizerSpec> ParseTokenizerSpec(std::string_view json);

}  // namespace mdrl

#endif  // MDRL_COMMON_TEXT_TOKENIZER_SPEC_H_
