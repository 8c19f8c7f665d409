// Tokens that are cut out of a text before anything else is done to it.
//
// A match is the leftmost, and of those the longest. What the flags of
// tokenizer.json say then happens as in the reference library:
//   single_word  a match that touches a letter, digit or mark is passed over;
//   lstrip, rstrip  the match swallows the white space before or behind it.
//
// Immutable; safe from any thread.
#ifndef MDRL_COMMON_TEXT_ADDED_TOKENS_H_
#define MDRL_COMMON_TEXT_ADDED_TOKENS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/text/tokenizer_spec.h"

namespace mdrl {

class AddedTokens {
 public:
  // A stretch of the text: one token, or text between tokens (id -1).
  struct Part {
    int32_t id = -1;
    std::string_view text;
  };

  AddedTokens() = default;
  // REQUIRES: no two of `tokens` have the same text, none is empty.
  explicit AddedTokens(std::vector<AddedToken> tokens);

  // Appends the parts of `text` in order, none of them empty. With no match:
  // the text itself. REQUIRES: `text` is valid UTF-8.
  void Split(std::string_view text, std::vector<Part>* out) const;

  bool empty() const { return tokens_.empty(); }

 private:
  // The longest token that `text` starts with.
  const AddedToken* MatchAt(std::string_view text) const;

  std::vector<AddedToken> tokens_;
  absl::flat_hash_map<std::string, size_t> by_text_;
  // Lengths of the tokens that start with a byte, longest first.
  std::array<std::vector<size_t>, 256> lengths_;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_TEXT_ADDED_TOKENS_H_
