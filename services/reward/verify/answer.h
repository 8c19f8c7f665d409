// Finding the answer in a text, with the character classes of the published
// parsers, which were written for Python's regular expressions.
//
// Texts are UTF-8; a byte that is not valid counts as one unknown character.
// Functions without state; linear in the text, which they do not copy; safe
// from any thread.
#ifndef MDRL_SERVICES_REWARD_VERIFY_ANSWER_H_
#define MDRL_SERVICES_REWARD_VERIFY_ANSWER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mdrl {

inline constexpr std::string_view kAnswerOpen = "<answer>";
inline constexpr std::string_view kAnswerClose = "</answer>";

// White space as Python's \s and strip() see it.
bool IsSpace(char32_t c);
// A decimal digit of some script (\d). The scripts beyond ASCII that models
// write are known: Arabic-Indic, Devanagari, full-width, mathematical.
bool IsDecimal(char32_t c);
// What isdigit() counts: those and superscripts, subscripts, circled ones.
bool IsDigit(char32_t c);
// Part of a word (\w), so that \b lies between this and its opposite.
// Approximate beyond ASCII: punctuation and symbol blocks are not, the rest is.
bool IsWord(char32_t c);

struct CodePoint {
  char32_t value = 0;
  size_t bytes = 0;
};
// REQUIRES: at < text.size().
CodePoint CodePointAt(std::string_view text, size_t at);
size_t CountCodePoints(std::string_view text);

std::string_view Stripped(std::string_view text);

// What stands between the first opening tag and the closing tag behind it.
std::optional<std::string_view> FirstTaggedAnswer(std::string_view text);
// What stands between the last opening tag that is closed and its closing tag.
// Pairs are found from the left, so that of "<answer>1<answer>2</answer>" all
// between the outer tags counts, as published. nullopt: no pair.
std::optional<std::string_view> LastTaggedAnswer(std::string_view text);
// What stands behind the last opening tag (without one: everything), up to a
// closing tag (without one: the end), stripped.
std::string_view XmlAnswer(std::string_view text);

// The digits of `text` in their own script, as isdigit() counts them.
std::string DigitsOf(std::string_view text);
// At least one character, and every one a digit.
bool AllDigits(std::string_view text);

// At most this much of an answer that a training rubric shows: enough to see
// what was read, little enough to keep with every completion.
std::string Excerpt(std::string_view text);

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_ANSWER_H_
