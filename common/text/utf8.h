// UTF-8, one code point at a time. Functions without state.
#ifndef MDRL_COMMON_TEXT_UTF8_H_
#define MDRL_COMMON_TEXT_UTF8_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mdrl {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

// Length in bytes of the code point that `text` starts with, 1 to 4; nullopt:
// `text` is empty or does not start with valid UTF-8 (overlong forms,
// surrogates and numbers above U+10FFFF are not valid).
std::optional<size_t> Utf8Length(std::string_view text);

// REQUIRES: `encoded` is exactly one valid code point.
char32_t CodePointOf(std::string_view encoded);

// All code points; each byte that is not valid becomes U+FFFD.
std::u32string ToCodePoints(std::string_view text);

// `bytes` with each maximal part that is no code point replaced by one U+FFFD
// (Unicode 15, section 3.9, "U+FFFD substitution of maximal subparts"): a
// sequence cut short is one, each byte that can begin nothing is one.
std::string ReplaceInvalidUtf8(std::string_view bytes);

// Byte at which `text` stops being valid UTF-8; nullopt: it is valid.
std::optional<size_t> FindInvalidUtf8(std::string_view text);

std::string ToUtf8(std::u32string_view text);

}  // namespace mdrl

#endif  // MDRL_COMMON_TEXT_UTF8_H_
