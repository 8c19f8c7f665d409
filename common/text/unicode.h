// Classes of code points that tokenizers and templates ask about. Functions
// without state; safe from any thread.
#ifndef MDRL_COMMON_TEXT_UNICODE_H_
#define MDRL_COMMON_TEXT_UNICODE_H_

#include <string_view>

namespace mdrl {

// Unicode's White_Space property.
bool IsWhiteSpace(char32_t point);

// What a regular expression calls \w (UTS 18): letters, marks, decimal digits,
// connectors such as '_', and the two joiners.
bool IsWordCharacter(char32_t point);

// `text` without what Python's str.lstrip(), rstrip() and strip() take off:
// white space and the four separators U+001C to U+001F.
std::string_view StripLeftLikePython(std::string_view text);
std::string_view StripRightLikePython(std::string_view text);
std::string_view StripLikePython(std::string_view text);

}  // namespace mdrl

#endif  // MDRL_COMMON_TEXT_UNICODE_H_
