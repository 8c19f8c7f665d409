#include "common/text/tokenizer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/hash.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"
#include "common/text/byte_alphabet.h"
#include "common/text/utf8.h"

namespace mdrl {

Tokenizer::Tokenizer(TokenizerSpec spec, Bpe bpe, PreTokenizer pre_tokenizer)
    : byte_level_(spec.byte_level),
      prefix_(std::move(spec.prefix)),
      suffix_(std::move(spec.suffix)),
      pre_tokenizer_(std::move(pre_tokenizer)),
      bpe_(std::move(bpe)) {}

absl::StatusOr<std::unique_ptr<Tokenizer>> Tokenizer::Parse(
    std::string_view text, std::string_view where) {
  const auto parse = [&]() -> absl::StatusOr<std::unique_ptr<Tokenizer>> {
    MDRL_ASSIGN_OR_RETURN(const TokenizerSpec spec, ParseTokenizerSpec(text));
    MDRL_ASSIGN_OR_RETURN(Bpe bpe, Bpe::Create(spec));
    MDRL_ASSIGN_OR_RETURN(PreTokenizer pre_tokenizer,
                          PreTokenizer::Create(spec));
    std::unique_ptr<Tokenizer> out(
        new Tokenizer(spec, std::move(bpe), std::move(pre_tokenizer)));
    MDRL_RETURN_IF_ERROR(out->Index(spec));
    out->source_text_ = std::string(text);
    return out;
  };
  auto out = parse();
  if (!out.ok()) return WithContext(out.status(), where);
  return out;
}

absl::StatusOr<std::unique_ptr<Tokenizer>> Tokenizer::Read(
    const std::filesystem::path& file) {
  MDRL_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, 64u << 20));
  return Parse(text, file.string());
}

absl::Status Tokenizer::Index(const TokenizerSpec& spec) {
  // Decoding reads every token in the alphabet, and what is not written in it
  // as it stands.
  const auto bytes = [&spec](const std::string& spelled) {
    if (!spec.byte_level) return spelled;
    return UnspellBytes(spelled).value_or(spelled);
  };
  std::vector<AddedToken> raw, normalized;
  for (const AddedToken& token : spec.added) {
    if (!added_ids_.emplace(token.text, token.id).second ||
        !tokens_.emplace(token.id, Token{bytes(token.text), token.special})
             .second) {
      return absl::InvalidArgumentError(absl::StrCat(
          "added token \"", token.text, "\" or its id ", token.id, " twice"));
    }
    (token.normalized ? normalized : raw).push_back(token);
    size_ = std::max(size_, token.id + 1);
  }
  for (const auto& [token, id] : spec.vocab) {
    size_ = std::max(size_, id + 1);
    const auto added = added_ids_.find(token);
    if (added != added_ids_.end()) {
      if (added->second == id) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          "token \"", token, "\" has id ", id, " in model.vocab and ",
          added->second, " in added_tokens"));
    }
    if (!tokens_.emplace(id, Token{bytes(token), false}).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("two tokens have id ", id));
    }
  }
  if (tokens_.empty()) return absl::InvalidArgumentError("there is no token");
  for (const int32_t id : prefix_) size_ = std::max(size_, id + 1);
  for (const int32_t id : suffix_) size_ = std::max(size_, id + 1);
  raw_ = AddedTokens(std::move(raw));
  normalized_ = AddedTokens(std::move(normalized));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int32_t>> Tokenizer::Encode(
    std::string_view text) const {
  if (const std::optional<size_t> bad = FindInvalidUtf8(text)) {
    return absl::InvalidArgumentError(
        absl::StrCat("byte ", *bad, " of the text is not valid UTF-8"));
  }
  std::vector<AddedTokens::Part> parts, inner;
  raw_.Split(text, &parts);
  std::vector<int32_t> ids;
  Bpe::Scratch scratch;
  for (const AddedTokens::Part& part : parts) {
    if (part.id >= 0) {
      ids.push_back(part.id);
      continue;
    }
    inner.clear();
    normalized_.Split(part.text, &inner);
    for (const AddedTokens::Part& stretch : inner) {
      if (stretch.id >= 0) {
        ids.push_back(stretch.id);
        continue;
      }
      MDRL_RETURN_IF_ERROR(EncodeStretch(text, stretch.text, &scratch, &ids));
    }
  }
  return ids;
}

absl::Status Tokenizer::EncodeStretch(std::string_view text,
                                      std::string_view stretch,
                                      Bpe::Scratch* scratch,
                                      std::vector<int32_t>* ids) const {
  PreTokenizer::Pieces pieces;
  MDRL_RETURN_IF_ERROR(pre_tokenizer_.Cut(stretch, &pieces));
  for (const std::string_view piece : pieces.views) {
    const std::optional<size_t> lacking = bpe_.Append(piece, scratch, ids);
    if (!lacking) continue;
    if (byte_level_) {
      return absl::InvalidArgumentError(
          absl::StrFormat("byte 0x%02X is not in the vocabulary",
                          static_cast<uint8_t>(piece[*lacking])));
    }
    const size_t length = Utf8Length(piece.substr(*lacking)).value_or(1);
    return absl::InvalidArgumentError(absl::StrCat(
        "character \"", std::string(piece.substr(*lacking, length)),
        "\" (byte ", piece.data() + *lacking - text.data(),
        " of the text) is not in the vocabulary"));
  }
  return absl::OkStatus();
}

std::vector<int32_t> Tokenizer::WithSpecialTokens(
    std::span<const int32_t> ids) const {
  std::vector<int32_t> out = prefix_;
  out.insert(out.end(), ids.begin(), ids.end());
  out.insert(out.end(), suffix_.begin(), suffix_.end());
  return out;
}

std::string Tokenizer::Decode(std::span<const int32_t> ids,
                              bool skip_special) const {
  std::string out;
  for (const int32_t id : ids) {
    const auto token = tokens_.find(id);
    if (token == tokens_.end()) continue;
    if (skip_special && token->second.special) continue;
    out += token->second.bytes;
  }
  return byte_level_ ? ReplaceInvalidUtf8(out) : out;
}

std::optional<int32_t> Tokenizer::IdOf(std::string_view token) const {
  const auto added =
      added_ids_.find(absl::string_view(token.data(), token.size()));
  if (added != added_ids_.end()) return added->second;
  if (!byte_level_) return bpe_.IdOf(token);
  const std::optional<std::string> bytes = UnspellBytes(token);
  return bytes ? bpe_.IdOf(*bytes) : std::nullopt;
}

Digest TokenizerHash(std::string_view tokenizer_json,
                     std::string_view chat_template) {
  return Sha256().String(tokenizer_json).String(chat_template).Finish();
}

}  // namespace mdrl
