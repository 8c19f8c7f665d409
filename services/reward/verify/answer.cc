#include "services/reward/verify/answer.h"

#include "common/text/utf8.h"

namespace mdrl {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr size_t kExcerptBytes = 256;

bool In(char32_t c, char32_t first, char32_t last) {
  return c >= first && c <= last;
}

// Digits to isdigit(), though not to \d.
bool IsRaisedDigit(char32_t c) {
  return c == 0xB2 || c == 0xB3 || c == 0xB9 || c == 0x2070 ||
         In(c, 0x2074, 0x2079) || In(c, 0x2080, 0x2089) ||
         In(c, 0x2460, 0x2468);
}

bool IsAscii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// Where the code point that ends before `end` begins.
size_t LastCodePoint(std::string_view text, size_t end) {
  size_t at = end - 1;
  while (at > 0 && end - at < 4 && (text[at] & 0xC0) == 0x80) --at;
  return at + CodePointAt(text, at).bytes == end ? at : end - 1;
}

}  // namespace

bool IsSpace(char32_t c) {
  if (c < 0x80) return In(c, 0x09, 0x0D) || In(c, 0x1C, 0x20);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || In(c, 0x2000, 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool IsDecimal(char32_t c) {
  return In(c, U'0', U'9') || In(c, 0x0660, 0x0669) || In(c, 0x06F0, 0x06F9) ||
         In(c, 0x0966, 0x096F) || In(c, 0xFF10, 0xFF19) ||
         In(c, 0x1D7CE, 0x1D7FF);
}

bool IsDigit(char32_t c) { return IsDecimal(c) || IsRaisedDigit(c); }

bool IsWord(char32_t c) {
  if (c < 0x80) {
    return In(c, U'0', U'9') || In(c, U'a', U'z') || In(c, U'A', U'Z') ||
           c == U'_';
  }
  if (IsDecimal(c) || IsRaisedDigit(c)) return true;
  if (IsSpace(c) || In(c, 0x80, 0xBF)) {
    return c == 0xAA || c == 0xB5 || c == 0xBA || In(c, 0xBC, 0xBE);
  }
  return c != 0xD7 && c != 0xF7 && !In(c, 0x2000, 0x2BFF) &&
         !In(c, 0x3000, 0x3004) && !In(c, 0x3008, 0x3020) &&
         !In(c, 0xFE10, 0xFE6F) && !In(c, 0xFF01, 0xFF0F) &&
         !In(c, 0xFF1A, 0xFF20) && !In(c, 0xFFF0, 0xFFFF) &&
         !In(c, 0x1F000, 0x1FAFF);
}

CodePoint CodePointAt(std::string_view text, size_t at) {
  if (IsAscii(text[at])) return {static_cast<char32_t>(text[at]), 1};
  const std::optional<size_t> length = Utf8Length(text.substr(at));
  if (!length) return {kReplacementCharacter, 1};
  return {CodePointOf(text.substr(at, *length)), *length};
}

size_t CountCodePoints(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += (c & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

std::string_view Stripped(std::string_view text) {
  while (!text.empty()) {
    const CodePoint first = CodePointAt(text, 0);
    if (!IsSpace(first.value)) break;
    text.remove_prefix(first.bytes);
  }
  while (!text.empty()) {
    const size_t last = LastCodePoint(text, text.size());
    if (!IsSpace(CodePointAt(text, last).value)) break;
    text = text.substr(0, last);
  }
  return text;
}

std::optional<std::string_view> FirstTaggedAnswer(std::string_view text) {
  const size_t open = text.find(kAnswerOpen);
  if (open == kNone) return std::nullopt;
  const size_t begin = open + kAnswerOpen.size();
  const size_t end = text.find(kAnswerClose, begin);
  if (end == kNone) return std::nullopt;
  return text.substr(begin, end - begin);
}

std::optional<std::string_view> LastTaggedAnswer(std::string_view text) {
  std::optional<std::string_view> last;
  while (const auto found = FirstTaggedAnswer(text)) {
    last = found;
    text.remove_prefix(found->data() + found->size() + kAnswerClose.size() -
                       text.data());
  }
  return last;
}

std::string_view XmlAnswer(std::string_view text) {
  for (size_t open = text.find(kAnswerOpen); open != kNone;
       open = text.find(kAnswerOpen)) {
    text.remove_prefix(open + kAnswerOpen.size());
  }
  return Stripped(text.substr(0, text.find(kAnswerClose)));
}

std::string DigitsOf(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (IsAscii(text[at])) {
      if (text[at] >= '0' && text[at] <= '9') out += text[at];
      ++at;
      continue;
    }
    const CodePoint c = CodePointAt(text, at);
    if (IsDigit(c.value)) out += text.substr(at, c.bytes);
    at += c.bytes;
  }
  return out;
}

bool AllDigits(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const CodePoint c = CodePointAt(text, at);
    if (!IsDigit(c.value)) return false;
    at += c.bytes;
  }
  return !text.empty();
}

std::string Excerpt(std::string_view text) {
  if (text.size() <= kExcerptBytes) return std::string(text);
  size_t end = kExcerptBytes;
  while (end > kExcerptBytes - 3 && (text[end] & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end));
}

}  // namespace mdrl
