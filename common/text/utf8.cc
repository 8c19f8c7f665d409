#include "common/text/utf8.h"

#include <cstdint>

namespace mdrl {
namespace {

uint8_t Byte(std::string_view text, size_t i) {
  return static_cast<uint8_t>(text[i]);
}

}  // namespace

std::optional<size_t> Utf8Length(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const uint8_t first = Byte(text, 0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) {
    return std::nullopt;
  }
  // The second byte's range excludes overlong forms and surrogates
  // (Unicode 15, table 3-7).
  const uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (Byte(text, 1) < low || Byte(text, 1) > high) return std::nullopt;
  for (size_t i = 2; i < length; ++i) {
    if ((Byte(text, i) & 0xC0) != 0x80) return std::nullopt;
  }
  return length;
}

char32_t CodePointOf(std::string_view encoded) {
  static constexpr uint8_t kFirstBits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t out = Byte(encoded, 0) & kFirstBits[encoded.size()];
  for (size_t i = 1; i < encoded.size(); ++i) {
    out = (out << 6) | (Byte(encoded, i) & 0x3F);
  }
  return out;
}

std::u32string ToCodePoints(std::string_view text) {
  std::u32string out;
  while (!text.empty()) {
    const std::optional<size_t> length = Utf8Length(text);
    out +=
        length ? CodePointOf(text.substr(0, *length)) : kReplacementCharacter;
    text.remove_prefix(length.value_or(1));
  }
  return out;
}

std::string ToUtf8(std::u32string_view text) {
  std::string out;
  for (const char32_t c : text) {
    if (c < 0x80) {
      out += static_cast<char>(c);
      continue;
    }
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static constexpr uint8_t kMark[] = {0, 0xC0, 0xE0, 0xF0};
    out += static_cast<char>(kMark[more] | (c >> (6 * more)));
    for (int i = more - 1; i >= 0; --i) {
      out += static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3F));
    }
  }
  return out;
}

}  // namespace mdrl
