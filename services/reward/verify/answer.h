// Finding the answer in a text, by code points and with the character classes
// of the published parsers, which were written for Python's regular
// expressions.
//
// Functions without state; linear in the text; safe from any thread.
#ifndef MDRL_SERVICES_REWARD_VERIFY_ANSWER_H_
#define MDRL_SERVICES_REWARD_VERIFY_ANSWER_H_

#include <optional>
#include <string>
#include <string_view>

namespace mdrl {

inline constexpr std::u32string_view kAnswerOpen = U"<answer>";
inline constexpr std::u32string_view kAnswerClose = U"</answer>";

// White space as Python's \s and strip() see it.
bool IsSpace(char32_t c);
// A decimal digit of some script (\d). The scripts beyond ASCII that models
// write are known: Arabic-Indic, Devanagari, full-width, mathematical.
bool IsDecimal(char32_t c);
// Part of a word (\w), so that \b lies between this and its opposite.
// Approximate beyond ASCII: punctuation and symbol blocks are not, the rest is.
bool IsWord(char32_t c);

// What stands between the last opening tag that is closed and its closing tag.
// Pairs are found from the left, so that of "<answer>1<answer>2</answer>" all
// between the outer tags counts, as published. nullopt: no pair.
std::optional<std::u32string_view> LastTaggedAnswer(std::u32string_view text);

// The digits of `text`, superscripts included (isdigit() counts them).
std::u32string DigitsOf(std::u32string_view text);
std::u32string WithoutSpace(std::u32string_view text);
std::u32string_view Stripped(std::u32string_view text);

// Cut to `size`, or filled up with '0'.
std::u32string FitTo(std::u32string text, size_t size);

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_ANSWER_H_
