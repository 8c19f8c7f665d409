#include "common/text/unicode.h"

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

std::string_view StripLikePython(std::string_view text) {
  size_t begin = 0;
  size_t end = 0;  // one past the last character that stays
  bool leading = true;
  for (size_t at = 0; at < text.size();) {
    const size_t length = Utf8Length(text.substr(at)).value_or(1);
    const std::string_view character = text.substr(at, length);
    const bool stripped =
        Utf8Length(character).has_value() && IsStripped(CodePointOf(character));
    at += length;
    if (!stripped) {
      end = at;
      leading = false;
    } else if (leading) {
      begin = at;
    }
  }
  return leading ? std::string_view() : text.substr(begin, end - begin);
}

}  // namespace mdrl
