// Text to token ids and back, from a tokenizer.json (tokenizer_spec.h lists
// what such a file may hold; all else is refused by name).
//
// Immutable: safe from any thread.
#ifndef MDRL_COMMON_TEXT_TOKENIZER_H_
#define MDRL_COMMON_TEXT_TOKENIZER_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/text/added_tokens.h"
#include "common/text/bpe.h"
#include "common/text/pre_tokenizer.h"
#include "common/text/tokenizer_spec.h"

namespace mdrl {

class Tokenizer {
 public:
  // InvalidArgument: not a tokenizer.json, or one with an unsupported part.
  // `where` (a file name) is put in front of every message.
  static absl::StatusOr<std::unique_ptr<Tokenizer>> Parse(
      std::string_view json, std::string_view where);
  static absl::StatusOr<std::unique_ptr<Tokenizer>> Read(
      const std::filesystem::path& file);

  // Added tokens are cut out first, the rest is cut into pieces, and each piece
  // is encoded. Nothing is put in front or behind. InvalidArgument names a
  // character without a token and its byte, or where `text` is no UTF-8.
  absl::StatusOr<std::vector<int32_t>> Encode(std::string_view text) const;

  // `ids` with what the file's post-processor puts around a text.
  std::vector<int32_t> WithSpecialTokens(std::span<const int32_t> ids) const;

  // An id without a token gives nothing, as in the reference library. Bytes
  // that are no UTF-8 (a completion may end within a character) become U+FFFD.
  // `skip_special` leaves out added tokens that are marked special.
  std::string Decode(std::span<const int32_t> ids, bool skip_special) const;

  // The id of a token as the file spells it; the text, for added tokens.
  std::optional<int32_t> IdOf(std::string_view token) const;
  // One more than the largest id: what a model's vocabulary must hold.
  int32_t size() const { return size_; }
  // tokenizer.json as it was read.
  const std::string& source_text() const { return source_text_; }

 private:
  struct Token {
    std::string bytes;
    bool special = false;
  };

  Tokenizer(TokenizerSpec spec, Bpe bpe, PreTokenizer pre_tokenizer);
  absl::Status Index(const TokenizerSpec& spec);
  // `stretch`, a part of `text`, holds no added token.
  absl::Status EncodeStretch(std::string_view text, std::string_view stretch,
                             Bpe::Scratch* scratch,
                             std::vector<int32_t>* ids) const;

  std::string source_text_;
  const bool byte_level_;
  const std::vector<int32_t> prefix_, suffix_;
  const PreTokenizer pre_tokenizer_;
  const Bpe bpe_;
  AddedTokens raw_;         // cut out of the text first ...
  AddedTokens normalized_;  // ... and these out of what is left
  absl::flat_hash_map<std::string, int32_t> added_ids_;
  absl::flat_hash_map<int32_t, Token> tokens_;
  int32_t size_ = 0;
};

// tokenizer_hash: SHA-256 over the bytes of tokenizer.json and the text of the
// chat template (empty without one), each framed by its length.
Digest TokenizerHash(std::string_view tokenizer_json,
                     std::string_view chat_template);

}  // namespace mdrl

#endif  // MDRL_COMMON_TEXT_TOKENIZER_H_
