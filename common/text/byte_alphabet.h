// The byte alphabet of byte-level tokenizers: one printable code point for each
// byte, so that a vocabulary of bytes can be written as text. Printable Latin-1
// characters stand for themselves; the 68 other bytes are U+0100 and following,
// in order (space is U+0120, newline U+010A).
//
// Functions without state; safe from any thread.
#ifndef MDRL_COMMON_TEXT_BYTE_ALPHABET_H_
#define MDRL_COMMON_TEXT_BYTE_ALPHABET_H_

#include <optional>
#include <string>
#include <string_view>

namespace mdrl {

// `bytes` spelled in the alphabet, as UTF-8.
std::string SpellBytes(std::string_view bytes);

// The inverse; nullopt: `spelled` holds a character outside the alphabet, or is
// not UTF-8.
std::optional<std::string> UnspellBytes(std::string_view spelled);

}  // namespace mdrl

#endif  // MDRL_COMMON_TEXT_BYTE_ALPHABET_H_
