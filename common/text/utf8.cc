#include "common/text/utf8.h"

#include <cstdint>

namespace mdrl {
namespace {

uint8_t Byte(std::string_view text, size_t i) {
  return static_cast<uint8_t>(text[i]);
}

// What a text starts with: a code point, or the longest stretch that could
// still have become one (at least one byte).
struct Start {
  size_t bytes = 0;
  bool complete = false;
};

Start StartOf(std::string_view text) {
  if (text.empty()) return {};
  const uint8_t first = Byte(text, 0);
  if (first < 0x80) return {1, true};
  if (first < 0xC2 || first > 0xF4) return {1, false};
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  // The second byte's range excludes overlong forms and surrogates
  // (Unicode 15, table 3-7).
  uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  for (size_t i = 1; i < length; ++i) {
    if (i == text.size() || Byte(text, i) < low || Byte(text, i) > high) {
      return {i, false};
    }
    low = 0x80;
    high = 0xBF;
  }
  return {length, true};
}

}  // namespace

std::optional<size_t> Utf8Length(std::string_view text) {
  const Start start = StartOf(text);
  if (!start.complete) return std::nullopt;
  return start.bytes;
}

std::optional<size_t> FindInvalidUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (Byte(text, at) < 0x80) {
      ++at;
      continue;
    }
    const Start start = StartOf(text.substr(at));
    if (!start.complete) return at;
    at += start.bytes;
  }
  return std::nullopt;
}

std::string ReplaceInvalidUtf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const Start start = StartOf(bytes);
    if (start.complete) {
      out += bytes.substr(0, start.bytes);
    } else {
      out += "\xEF\xBF\xBD";
    }
    bytes.remove_prefix(start.bytes);
  }
  return out;
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
