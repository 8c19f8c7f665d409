// Text to token ids and back, from a tokenizer.json.
//
// Read today: a BPE vocabulary of single characters without merges, plus added
// tokens ("<bos>"). A file that asks for more is refused, and the message names
// the part. Immutable: safe from any thread.
#ifndef MDRL_COMMON_TEXT_TOKENIZER_H_
#define MDRL_COMMON_TEXT_TOKENIZER_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/id.h"

namespace mdrl {

class Tokenizer {
 public:
  // InvalidArgument: not a tokenizer.json, or one with an unsupported part.
  // `where` (a file name) is put in front of every message.
  static absl::StatusOr<std::unique_ptr<Tokenizer>> Parse(
      std::string_view json, std::string_view where);
  static absl::StatusOr<std::unique_ptr<Tokenizer>> Read(
      const std::filesystem::path& file);

  // Added tokens are cut out first, leftmost and longest; the rest goes
  // character by character. Nothing is put in front or behind.
  // InvalidArgument names a character without a token and its place.
  absl::StatusOr<std::vector<int32_t>> Encode(std::string_view text) const;

  // An id without a token gives nothing, as in the reference library.
  // `skip_special` leaves out added tokens that are marked special.
  std::string Decode(std::span<const int32_t> ids, bool skip_special) const;

  std::optional<int32_t> IdOf(std::string_view token) const;
  // One more than the largest id: what a model's vocabulary must hold.
  int32_t size() const { return size_; }
  // tokenizer.json as it was read.
  const std::string& source_text() const { return source_text_; }

 private:
  struct Token {
    std::string text;
    bool special = false;
  };

  Tokenizer() = default;

  std::string source_text_;
  std::map<int32_t, Token> tokens_;
  std::map<std::string, int32_t, std::less<>> characters_;
  std::map<std::string, int32_t, std::less<>> added_;
  size_t longest_added_ = 0;
  int32_t size_ = 0;
};

// tokenizer_hash: SHA-256 over the bytes of tokenizer.json and the text of the
// chat template (empty without one), each framed by its length.
Digest TokenizerHash(std::string_view tokenizer_json,
                     std::string_view chat_template);

}  // namespace mdrl

#endif  // MDRL_COMMON_TEXT_TOKENIZER_H_
