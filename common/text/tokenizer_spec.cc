#include "common/text/tokenizer_spec.h"

#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

using nlohmann::json;

constexpr uint64_t kMaxId = (1u << 24) - 1;

absl::Status Refuse(const std::string& what) {
  return absl::InvalidArgumentError(what);
}

const json* Get(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string Spell(const json& value) {
  return value.dump(-1, ' ', true, json::error_handler_t::replace)
      .substr(0, 60);
}

// "Sequence" of {"type": "Sequence", ...}, or the value itself.
std::string KindOf(const json& part) {
  const json* type = Get(part, "type");
  if (type != nullptr && type->is_string()) return type->get<std::string>();
  return Spell(part);
}

absl::StatusOr<bool> Flag(const json& object, const char* key, bool otherwise,
                          const std::string& where) {
  const json* value = Get(object, key);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) {
    return Refuse(absl::StrCat(key, " of ", where, " must be true or false"));
  }
  return value->get<bool>();
}

absl::StatusOr<int32_t> IdFrom(const json* value, const std::string& token) {
  if (value == nullptr || !value->is_number_unsigned() ||
      value->get<uint64_t>() > kMaxId) {
    return Refuse(absl::StrCat("the id of token \"", token,
                               "\" must be an integer from 0 to ", kMaxId));
  }
  return static_cast<int32_t>(value->get<uint64_t>());
}

absl::StatusOr<AddedToken> ReadAdded(const json& entry) {
  const json* content = Get(entry, "content");
  if (content == nullptr || !content->is_string() ||
      content->get<std::string>().empty()) {
    return Refuse("an entry of added_tokens has no content");
  }
  AddedToken out;
  out.text = content->get<std::string>();
  const std::string where = absl::StrCat("added token \"", out.text, "\"");
  MDRL_ASSIGN_OR_RETURN(out.id, IdFrom(Get(entry, "id"), out.text));
  MDRL_ASSIGN_OR_RETURN(out.special, Flag(entry, "special", false, where));
  MDRL_ASSIGN_OR_RETURN(out.single_word,
                        Flag(entry, "single_word", false, where));
  MDRL_ASSIGN_OR_RETURN(out.lstrip, Flag(entry, "lstrip", false, where));
  MDRL_ASSIGN_OR_RETURN(out.rstrip, Flag(entry, "rstrip", false, where));
  MDRL_ASSIGN_OR_RETURN(out.normalized,
                        Flag(entry, "normalized", !out.special, where));
  return out;
}

// The text form "a b" or the list form ["a", "b"].
absl::StatusOr<std::pair<std::string, std::string>> ReadMerge(
    const json& entry) {
  if (entry.is_string()) {
    const std::string text = entry.get<std::string>();
    const size_t space = text.find(' ');
    if (space != std::string::npos && space > 0 && space + 1 < text.size() &&
        text.find(' ', space + 1) == std::string::npos) {
      return std::pair(text.substr(0, space), text.substr(space + 1));
    }
  } else if (entry.is_array() && entry.size() == 2 && entry[0].is_string() &&
             entry[1].is_string()) {
    return std::pair(entry[0].get<std::string>(), entry[1].get<std::string>());
  }
  return Refuse(absl::StrCat("merge ", Spell(entry), " is not two tokens"));
}

absl::Status ReadModel(const json& file, TokenizerSpec* out) {
  const json* model = Get(file, "model");
  if (model == nullptr || !model->is_object()) return Refuse("no model");
  // Files from before 2020 have no type; all that is not BPE has one.
  if (Get(*model, "type") != nullptr && KindOf(*model) != "BPE") {
    return Refuse(absl::StrCat("model type ", KindOf(*model),
                               " is not supported; only BPE is"));
  }
  for (const char* key : {"dropout", "continuing_subword_prefix",
                          "end_of_word_suffix", "byte_fallback"}) {
    const json* part = Get(*model, key);
    if (part != nullptr && *part != false && *part != "") {
      return Refuse(absl::StrCat("model.", key, " is not supported"));
    }
  }
  // Never needed where every byte has a token; elsewhere what has no token is
  // an error.
  if (!out->byte_level && Get(*model, "unk_token") != nullptr) {
    return Refuse("model.unk_token is not supported without byte level");
  }
  MDRL_ASSIGN_OR_RETURN(out->ignore_merges,
                        Flag(*model, "ignore_merges", false, "model"));
  const json* vocab = Get(*model, "vocab");
  if (vocab == nullptr || !vocab->is_object()) {
    return Refuse("model.vocab must be an object from token to id");
  }
  for (const auto& [token, value] : vocab->items()) {
    MDRL_ASSIGN_OR_RETURN(const int32_t id, IdFrom(&value, token));
    out->vocab.emplace_back(token, id);
  }
  const json* merges = Get(*model, "merges");
  if (merges == nullptr) return absl::OkStatus();
  if (!merges->is_array()) return Refuse("model.merges must be a list");
  for (const json& entry : *merges) {
    MDRL_ASSIGN_OR_RETURN(auto merge, ReadMerge(entry));
    out->merges.push_back(std::move(merge));
  }
  return absl::OkStatus();
}

// The regular expression that matches `text` and nothing else.
std::string Literal(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && !std::isalnum(byte)) out += '\\';
    out += c;
  }
  return out;
}

absl::StatusOr<SplitSpec> ReadSplit(const json& part) {
  SplitSpec out;
  const json* pattern = Get(part, "pattern");
  const json* regex = pattern == nullptr ? nullptr : Get(*pattern, "Regex");
  const json* text = pattern == nullptr ? nullptr : Get(*pattern, "String");
  if (regex != nullptr && regex->is_string()) {
    out.regex = regex->get<std::string>();
  } else if (text != nullptr && text->is_string()) {
    out.regex = Literal(text->get<std::string>());
  } else {
    return Refuse("pre_tokenizer Split: pattern must hold a Regex or a String");
  }
  const json* behavior = Get(part, "behavior");
  MDRL_ASSIGN_OR_RETURN(const bool invert,
                        Flag(part, "invert", false, "the pre_tokenizer Split"));
  if (behavior != nullptr && *behavior == "Removed") {
    (invert ? out.keep_others : out.keep_matches) = false;
  } else if (behavior == nullptr || *behavior != "Isolated") {
    return Refuse(absl::StrCat("pre_tokenizer Split: behavior ",
                               behavior == nullptr ? "null" : Spell(*behavior),
                               " is not supported; Isolated and Removed are"));
  }
  return out;
}

absl::Status ReadPreTokenizer(const json& part, TokenizerSpec* out) {
  if (out->byte_level) {
    return Refuse(absl::StrCat("pre_tokenizer ", KindOf(part),
                               " behind ByteLevel is not supported"));
  }
  const std::string kind = KindOf(part);
  if (kind == "Sequence") {
    const json* parts = Get(part, "pretokenizers");
    if (parts == nullptr || !parts->is_array()) {
      return Refuse("pre_tokenizer Sequence has no list of pretokenizers");
    }
    for (const json& next : *parts) {
      // One level is what files have; more would let a file recurse.
      if (KindOf(next) == "Sequence") {
        return Refuse("a pre_tokenizer Sequence within one is not supported");
      }
      MDRL_RETURN_IF_ERROR(ReadPreTokenizer(next, out));
    }
    return absl::OkStatus();
  }
  if (kind == "Split") {
    MDRL_ASSIGN_OR_RETURN(SplitSpec split, ReadSplit(part));
    out->splits.push_back(std::move(split));
    return absl::OkStatus();
  }
  if (kind == "ByteLevel") {
    const std::string where = "the pre_tokenizer ByteLevel";
    MDRL_ASSIGN_OR_RETURN(out->prefix_space,
                          Flag(part, "add_prefix_space", true, where));
    MDRL_ASSIGN_OR_RETURN(out->split_words,
                          Flag(part, "use_regex", true, where));
    out->byte_level = true;
    return absl::OkStatus();
  }
  return Refuse(absl::StrCat("pre_tokenizer ", kind,
                             " is not supported; Split and ByteLevel are"));
}

absl::Status ReadTemplate(const json& part, TokenizerSpec* out) {
  const json* single = Get(part, "single");
  const json* special = Get(part, "special_tokens");
  if (single == nullptr || !single->is_array()) {
    return Refuse("post_processor TemplateProcessing: single must be a list");
  }
  bool behind = false;
  for (const json& piece : *single) {
    const json* token = Get(piece, "SpecialToken");
    const json* sequence = Get(piece, "Sequence");
    if (sequence != nullptr && !behind) {
      behind = true;
      continue;
    }
    const json* name = token == nullptr ? nullptr : Get(*token, "id");
    const json* entry =
        name == nullptr || !name->is_string() || special == nullptr
            ? nullptr
            : Get(*special, name->get<std::string>().c_str());
    const json* ids = entry == nullptr ? nullptr : Get(*entry, "ids");
    if (ids == nullptr || !ids->is_array()) {
      return Refuse(
          absl::StrCat("post_processor TemplateProcessing: ", Spell(piece),
                       " is neither the text nor a special token"));
    }
    for (const json& id : *ids) {
      MDRL_ASSIGN_OR_RETURN(const int32_t value,
                            IdFrom(&id, name->get<std::string>()));
      (behind ? out->suffix : out->prefix).push_back(value);
    }
  }
  return behind ? absl::OkStatus()
                : Refuse("post_processor TemplateProcessing: no text in it");
}

absl::Status ReadPostProcessor(const json& part, TokenizerSpec* out) {
  const std::string kind = KindOf(part);
  if (kind == "ByteLevel") return absl::OkStatus();  // moves offsets alone
  if (kind == "TemplateProcessing") return ReadTemplate(part, out);
  const json* parts = kind == "Sequence" ? Get(part, "processors") : nullptr;
  if (parts == nullptr || !parts->is_array()) {
    return Refuse(absl::StrCat("post_processor ", kind, " is not supported"));
  }
  for (const json& next : *parts) {
    if (KindOf(next) == "Sequence" || !out->prefix.empty() ||
        !out->suffix.empty()) {
      return Refuse("post_processor Sequence: more than one template");
    }
    MDRL_RETURN_IF_ERROR(ReadPostProcessor(next, out));
  }
  return absl::OkStatus();
}

absl::Status ReadPipeline(const json& file, TokenizerSpec* out) {
  for (const char* key : {"truncation", "padding", "normalizer"}) {
    const json* part = Get(file, key);
    if (part == nullptr) continue;
    const json* parts = Get(*part, "normalizers");
    if (parts != nullptr && parts->is_array() && parts->empty()) continue;
    return Refuse(absl::StrCat(key, " ", KindOf(*part),
                               " is not supported; only null is"));
  }
  if (const json* part = Get(file, "pre_tokenizer")) {
    MDRL_RETURN_IF_ERROR(ReadPreTokenizer(*part, out));
  }
  if (!out->splits.empty() && !out->byte_level) {
    return Refuse("a pre_tokenizer Split without ByteLevel is not supported");
  }
  const json* decoder = Get(file, "decoder");
  const char* wanted = out->byte_level ? "ByteLevel" : "Fuse";
  if (decoder == nullptr || KindOf(*decoder) != wanted) {
    return Refuse(absl::StrCat(
        "decoder ", decoder == nullptr ? "null" : KindOf(*decoder),
        " is not supported with pre_tokenizer ",
        out->byte_level ? "ByteLevel" : "null", "; only ", wanted, " is"));
  }
  if (const json* part = Get(file, "post_processor")) {
    MDRL_RETURN_IF_ERROR(ReadPostProcessor(*part, out));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TokenizerSpec> ParseTokenizerSpec(std::string_view text) {
  const json file = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!file.is_object()) return Refuse("not a JSON object");
  TokenizerSpec out;
  MDRL_RETURN_IF_ERROR(ReadPipeline(file, &out));
  MDRL_RETURN_IF_ERROR(ReadModel(file, &out));
  if (const json* added = Get(file, "added_tokens")) {
    if (!added->is_array()) return Refuse("added_tokens must be a list");
    for (const json& entry : *added) {
      MDRL_ASSIGN_OR_RETURN(AddedToken token, ReadAdded(entry));
      out.added.push_back(std::move(token));
    }
  }
  return out;
}

}  // namespace mdrl
