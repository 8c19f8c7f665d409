#include "common/text/added_tokens.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/string_view.h"
#include "common/text/unicode.h"
#include "common/text/utf8.h"

namespace mdrl {
namespace {

// The code point before byte `at`; nullopt at the start.
std::optional<char32_t> Before(std::string_view text, size_t at) {
  if (at == 0) return std::nullopt;
  size_t start = at - 1;
  while (start > 0 && (static_cast<uint8_t>(text[start]) & 0xC0) == 0x80) {
    --start;
  }
  return CodePointOf(text.substr(start, at - start));
}

std::optional<char32_t> At(std::string_view text, size_t at) {
  const std::optional<size_t> length = Utf8Length(text.substr(at));
  if (!length) return std::nullopt;  // the end
  return CodePointOf(text.substr(at, *length));
}

bool TouchesWord(std::string_view text, size_t begin, size_t end) {
  const std::optional<char32_t> before = Before(text, begin);
  const std::optional<char32_t> behind = At(text, end);
  return (before && IsWordCharacter(*before)) ||
         (behind && IsWordCharacter(*behind));
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens)
    : tokens_(std::move(tokens)) {
  for (size_t i = 0; i < tokens_.size(); ++i) {
    const std::string& text = tokens_[i].text;
    by_text_.emplace(text, i);
    lengths_[static_cast<uint8_t>(text[0])].push_back(text.size());
  }
  for (std::vector<size_t>& lengths : lengths_) {
    std::sort(lengths.begin(), lengths.end(), std::greater<>());
    lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
  }
}

const AddedToken* AddedTokens::MatchAt(std::string_view text) const {
  for (const size_t length : lengths_[static_cast<uint8_t>(text[0])]) {
    if (length > text.size()) continue;
    const auto found = by_text_.find(absl::string_view(text.data(), length));
    if (found != by_text_.end()) return &tokens_[found->second];
  }
  return nullptr;
}

void AddedTokens::Split(std::string_view text, std::vector<Part>* out) const {
  size_t done = 0;  // everything before it is in `out`
  for (size_t at = 0; !tokens_.empty() && at < text.size();) {
    const AddedToken* token = MatchAt(text.substr(at));
    if (token == nullptr) {
      ++at;
      continue;
    }
    size_t begin = at;
    size_t end = at + token->text.size();
    at = end;  // also for a match that is passed over
    if (token->single_word && TouchesWord(text, begin, end)) continue;
    if (token->lstrip) {
      for (auto c = Before(text, begin); c && IsWhiteSpace(*c);
           c = Before(text, begin)) {
        begin -= ToUtf8({&*c, 1}).size();
      }
      begin = std::max(begin, done);  // a token before may have taken it
    }
    if (token->rstrip) {
      for (auto c = At(text, end); c && IsWhiteSpace(*c); c = At(text, end)) {
        end += ToUtf8({&*c, 1}).size();
      }
    }
    if (done < begin) out->push_back({-1, text.substr(done, begin - done)});
    begin = std::min(begin, end);
    out->push_back({token->id, text.substr(begin, end - begin)});
    done = end;
  }
  if (done < text.size()) out->push_back({-1, text.substr(done)});
}

}  // namespace mdrl
