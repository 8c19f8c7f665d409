#include "common/text/pre_tokenizer.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/text/utf8.h"

namespace mdrl {
namespace {

// What a ByteLevel pre-tokenizer splits by when it is asked to.
constexpr char kWords[] =
    R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

}  // namespace

// The reference library uses Oniguruma. On what tokenizers' patterns hold both
// agree, but for U+180E, which PCRE2's \s matches and Unicode's White_Space
// does not; a few escapes mean something else altogether.
absl::StatusOr<Regex> PreTokenizer::Compile(const std::string& pattern) {
  std::string translated;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '&' && i + 1 < pattern.size() && pattern[i + 1] == '&') {
      return absl::InvalidArgumentError(absl::StrCat(
          "pre_tokenizer Split: && in pattern ", pattern, " is not supported"));
    }
    if (pattern[i] != '\\' || i + 1 == pattern.size()) {
      translated += pattern[i];
      continue;
    }
    const char escaped = pattern[++i];
    switch (escaped) {
      case 's':
        translated += "\\p{White_Space}";
        break;
      case 'S':
        translated += "\\P{White_Space}";
        break;
      case 'h':
      case 'H':
      case 'K':
      case 'Q':
      case 'R':
      case 'X':
        return absl::InvalidArgumentError(
            absl::StrCat("pre_tokenizer Split: \\", std::string(1, escaped),
                         " in pattern ", pattern, " is not supported"));
      default:
        translated += '\\';
        translated += escaped;
    }
  }
  absl::StatusOr<Regex> out = Regex::Compile(translated);
  if (!out.ok()) return WithContext(out.status(), "pre_tokenizer Split");
  return out;
}

absl::StatusOr<PreTokenizer> PreTokenizer::Create(const TokenizerSpec& spec) {
  PreTokenizer out;
  for (const SplitSpec& split : spec.splits) {
    MDRL_ASSIGN_OR_RETURN(Regex regex, Compile(split.regex));
    out.splits_.push_back(
        {std::move(regex), split.keep_matches, split.keep_others});
  }
  out.prefix_space_ = spec.prefix_space;
  if (spec.split_words) {
    MDRL_ASSIGN_OR_RETURN(Regex regex, Compile(kWords));
    out.last_.push_back({std::move(regex)});
  }
  return out;
}

absl::Status PreTokenizer::Apply(const Split& split,
                                 std::vector<std::string_view>* pieces) {
  RegexScanner scanner(split.regex);
  std::vector<std::string_view> out;
  for (const std::string_view piece : *pieces) {
    const auto keep = [&](size_t begin, size_t end, bool wanted) {
      if (wanted && begin < end) {
        out.push_back(piece.substr(begin, end - begin));
      }
    };
    size_t done = 0;
    for (size_t at = 0; at < piece.size();) {
      MDRL_ASSIGN_OR_RETURN(const auto match, scanner.Find(piece, at));
      if (!match) break;
      keep(done, match->begin, split.keep_others);
      keep(match->begin, match->end, split.keep_matches);
      done = match->end;
      // An empty match cuts, and the search goes on behind the next character.
      at = match->begin < match->end
               ? match->end
               : match->end + Utf8Length(piece.substr(match->end)).value_or(1);
    }
    keep(done, piece.size(), split.keep_others);
  }
  *pieces = std::move(out);
  return absl::OkStatus();
}

absl::Status PreTokenizer::Cut(std::string_view text, Pieces* out) const {
  std::vector<std::string_view> pieces;
  if (!text.empty()) pieces.push_back(text);
  for (const Split& split : splits_) {
    MDRL_RETURN_IF_ERROR(Apply(split, &pieces));
  }
  if (prefix_space_) {
    for (std::string_view& piece : pieces) {
      if (piece.front() == ' ') continue;
      piece = out->owned.emplace_back(" " + std::string(piece));
    }
  }
  for (const Split& split : last_) {
    MDRL_RETURN_IF_ERROR(Apply(split, &pieces));
  }
  out->views.insert(out->views.end(), pieces.begin(), pieces.end());
  return absl::OkStatus();
}

}  // namespace mdrl
