#include "common/text/unicode.h"

#include <cstdint>
#include <optional>

#include "common/base/log.h"
#include "common/base/regex.h"
#include "common/text/utf8.h"

namespace mdrl {
namespace {

bool IsStripped(char32_t point) {
  return IsWhiteSpace(point) || (point >= 0x1C && point <= 0x1F);
}

}  // namespace

bool IsWhiteSpace(char32_t point) {
  switch (point) {
    case ' ':
    case 0x85:
    case 0xA0:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202F:
    case 0x205F:
    case 0x3000:
      return true;
    default:
      return (point >= '\t' && point <= '\r') ||
             (point >= 0x2000 && point <= 0x200A);
  }
}

bool IsWordCharacter(char32_t point) {
  // PCRE2 has the tables. Its own \w leaves out marks and joiners.
  static const Regex kWord =
      *Regex::Compile(R"([\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200C}\x{200D}])");
  const absl::StatusOr<bool> matches = kWord.FullMatch(ToUtf8({&point, 1}));
  MDRL_CHECK(matches.ok()) << matches.status();
  return *matches;
}

std::string_view StripLeftLikePython(std::string_view text) {
  while (!text.empty()) {
    const std::optional<size_t> length = Utf8Length(text);
    if (!length || !IsStripped(CodePointOf(text.substr(0, *length)))) break;
    text.remove_prefix(*length);
  }
  return text;
}

std::string_view StripRightLikePython(std::string_view text) {
  while (!text.empty()) {
    size_t start = text.size() - 1;
    while (start > 0 && (static_cast<uint8_t>(text[start]) & 0xC0) == 0x80) {
      --start;
    }
    const std::string_view last = text.substr(start);
    if (Utf8Length(last) != last.size() || !IsStripped(CodePointOf(last))) {
      break;
    }
    text.remove_suffix(last.size());
  }
  return text;
}

std::string_view StripLikePython(std::string_view text) {
  return StripLeftLikePython(StripRightLikePython(text));
}

}  // namespace mdrl
