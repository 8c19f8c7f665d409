#include "common/text/tokenizer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"
#include "common/text/utf8.h"

namespace mdrl {
namespace {

using nlohmann::json;

absl::Status Refuse(const std::string& what) {
  return absl::InvalidArgumentError(what);
}

const json* Get(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

// "Sequence" of {"type": "Sequence", ...}, or the value itself.
std::string KindOf(const json& part) {
  const json* type = part.is_object() ? Get(part, "type") : nullptr;
  if (type != nullptr && type->is_string()) return type->get<std::string>();
  return part.dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 40);
}

absl::Status CheckPipeline(const json& file) {
  for (const char* key : {"truncation", "padding", "normalizer",
                          "pre_tokenizer", "post_processor"}) {
    if (const json* part = Get(file, key)) {
      return Refuse(absl::StrCat(key, " ", KindOf(*part),
                                 " is not supported; only null is"));
    }
  }
  const json* decoder = Get(file, "decoder");
  if (decoder != nullptr && KindOf(*decoder) != "Fuse") {
    return Refuse(absl::StrCat("decoder ", KindOf(*decoder),
                               " is not supported; only Fuse is"));
  }
  return absl::OkStatus();
}

absl::Status CheckModel(const json& file) {
  const json* model = Get(file, "model");
  if (model == nullptr || !model->is_object()) return Refuse("no model");
  if (KindOf(*model) != "BPE") {
    return Refuse(absl::StrCat("model type ", KindOf(*model),
                               " is not supported; only BPE is"));
  }
  const json* merges = Get(*model, "merges");
  if (merges != nullptr && !(merges->is_array() && merges->empty())) {
    return Refuse("merges are not supported; only single characters are");
  }
  for (const char* key : {"dropout", "unk_token", "continuing_subword_prefix",
                          "end_of_word_suffix", "byte_fallback"}) {
    const json* part = Get(*model, key);
    if (part != nullptr && *part != false && *part != "") {
      return Refuse(absl::StrCat("model.", key, " is not supported"));
    }
  }
  const json* vocab = Get(*model, "vocab");
  if (vocab == nullptr || !vocab->is_object()) {
    return Refuse("model.vocab must be an object from token to id");
  }
  return absl::OkStatus();
}

absl::StatusOr<int32_t> IdFrom(const json* value, const std::string& token) {
  constexpr uint64_t kMaxId = (1u << 24) - 1;
  if (value == nullptr || !value->is_number_unsigned() ||
      value->get<uint64_t>() > kMaxId) {
    return Refuse(absl::StrCat("the id of token \"", token,
                               "\" must be an integer from 0 to ", kMaxId));
  }
  return static_cast<int32_t>(value->get<uint64_t>());
}

struct AddedToken {
  std::string text;
  int32_t id = 0;
  bool special = false;
};

absl::StatusOr<AddedToken> AddedFrom(const json& entry) {
  const json* content = entry.is_object() ? Get(entry, "content") : nullptr;
  if (content == nullptr || !content->is_string() ||
      content->get<std::string>().empty()) {
    return Refuse("an entry of added_tokens has no content");
  }
  AddedToken out;
  out.text = content->get<std::string>();
  MDRL_ASSIGN_OR_RETURN(out.id, IdFrom(Get(entry, "id"), out.text));
  for (const char* key : {"single_word", "lstrip", "rstrip"}) {
    const json* flag = Get(entry, key);
    if (flag != nullptr && *flag != false) {
      return Refuse(absl::StrCat(key, " of added token \"", out.text,
                                 "\" is not supported"));
    }
  }
  const json* special = Get(entry, "special");
  out.special = special != nullptr && *special == true;
  return out;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Tokenizer>> Tokenizer::Parse(
    std::string_view text, std::string_view where) {
  const auto parse = [&]() -> absl::StatusOr<std::unique_ptr<Tokenizer>> {
    const json file = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!file.is_object()) return Refuse("not a JSON object");
    MDRL_RETURN_IF_ERROR(CheckPipeline(file));
    MDRL_RETURN_IF_ERROR(CheckModel(file));
    std::unique_ptr<Tokenizer> out(new Tokenizer);
    out->source_text_ = std::string(text);

    if (const json* added = Get(file, "added_tokens")) {
      if (!added->is_array()) return Refuse("added_tokens must be a list");
      for (const json& entry : *added) {
        MDRL_ASSIGN_OR_RETURN(const AddedToken token, AddedFrom(entry));
        if (!out->added_.emplace(token.text, token.id).second ||
            !out->tokens_.emplace(token.id, Token{token.text, token.special})
                 .second) {
          return Refuse(absl::StrCat("added token \"", token.text,
                                     "\" or its id ", token.id, " twice"));
        }
        out->longest_added_ = std::max(out->longest_added_, token.text.size());
      }
    }
    for (const auto& [token, value] : file["model"]["vocab"].items()) {
      MDRL_ASSIGN_OR_RETURN(const int32_t id, IdFrom(&value, token));
      const auto added = out->added_.find(token);
      if (added != out->added_.end() && added->second == id) continue;
      if (Utf8Length(token) != token.size()) {
        return Refuse(absl::StrCat(
            "token \"", token,
            "\" of model.vocab is neither one character nor an added token"));
      }
      if (!out->tokens_.emplace(id, Token{token, false}).second) {
        return Refuse(absl::StrCat("two tokens have id ", id));
      }
      out->characters_.emplace(token, id);
    }
    if (out->tokens_.empty()) return Refuse("there is no token");
    out->size_ = out->tokens_.rbegin()->first + 1;
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

absl::StatusOr<std::vector<int32_t>> Tokenizer::Encode(
    std::string_view text) const {
  std::vector<int32_t> ids;
  size_t position = 0;  // in characters, for people
  for (size_t at = 0; at < text.size(); ++position) {
    bool found = false;
    for (size_t length = std::min(longest_added_, text.size() - at);
         length > 0 && !found; --length) {
      const auto added = added_.find(text.substr(at, length));
      if (added == added_.end()) continue;
      ids.push_back(added->second);
      at += length;
      found = true;
    }
    if (found) continue;
    const std::optional<size_t> length = Utf8Length(text.substr(at));
    if (!length) {
      return absl::InvalidArgumentError(
          absl::StrCat("byte ", at, " of the text is not valid UTF-8"));
    }
    const std::string_view character = text.substr(at, *length);
    const auto token = characters_.find(character);
    if (token == characters_.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("character \"", std::string(character), "\" (token ",
                       position + 1, ") is not in the vocabulary"));
    }
    ids.push_back(token->second);
    at += *length;
  }
  return ids;
}

std::string Tokenizer::Decode(std::span<const int32_t> ids,
                              bool skip_special) const {
  std::string out;
  for (const int32_t id : ids) {
    const auto token = tokens_.find(id);
    if (token == tokens_.end()) continue;
    if (skip_special && token->second.special) continue;
    out += token->second.text;
  }
  return out;
}

std::optional<int32_t> Tokenizer::IdOf(std::string_view token) const {
  auto found = added_.find(token);
  if (found == added_.end()) {
    found = characters_.find(token);
    if (found == characters_.end()) return std::nullopt;
  }
  return found->second;
}

Digest TokenizerHash(std::string_view tokenizer_json,
                     std::string_view chat_template) {
  return Sha256().String(tokenizer_json).String(chat_template).Finish();
}

}  // namespace mdrl
