#include "common/text/byte_alphabet.h"

#include <array>
#include <cstdint>

#include "common/text/utf8.h"

namespace mdrl {
namespace {

constexpr bool StandsForItself(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) ||
         (byte >= 0xAE && byte <= 0xFF);
}

constexpr int kPoints = 256 + 68;  // the largest code point is U+0143

struct Alphabet {
  std::array<char32_t, 256> point{};
  std::array<int16_t, kPoints> byte{};  // -1: not in the alphabet
};

constexpr Alphabet Make() {
  Alphabet out;
  for (int16_t& byte : out.byte) byte = -1;
  int next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    const int point = StandsForItself(byte) ? byte : next++;
    out.point[byte] = static_cast<char32_t>(point);
    out.byte[point] = static_cast<int16_t>(byte);
  }
  return out;
}

constexpr Alphabet kAlphabet = Make();

}  // namespace

std::string SpellBytes(std::string_view bytes) {
  std::u32string points;
  for (const char byte : bytes) {
    points += kAlphabet.point[static_cast<uint8_t>(byte)];
  }
  return ToUtf8(points);
}

std::optional<std::string> UnspellBytes(std::string_view spelled) {
  std::string out;
  while (!spelled.empty()) {
    const std::optional<size_t> length = Utf8Length(spelled);
    if (!length) return std::nullopt;
    const char32_t point = CodePointOf(spelled.substr(0, *length));
    if (point >= kPoints || kAlphabet.byte[point] < 0) return std::nullopt;
    out += static_cast<char>(kAlphabet.byte[point]);
    spelled.remove_prefix(*length);
  }
  return out;
}

}  // namespace mdrl
