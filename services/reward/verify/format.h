// How a text keeps to the layout <reasoning>...</reasoning><answer>...</answer>
// (the terms that SPG, arXiv 2510.09541, and d1, arXiv 2504.12216, pay for).
//
// Functions without state; they walk from '<' to '<'; safe from any thread.
#ifndef MDRL_SERVICES_REWARD_VERIFY_FORMAT_H_
#define MDRL_SERVICES_REWARD_VERIFY_FORMAT_H_

#include <string_view>

namespace mdrl {

// 0.125 for each of four tags that stands exactly once with its line breaks,
// minus 0.001 for each character behind the third (the opening answer tag) and
// behind the fourth (the closing one) but for one line break.
enum class XmlCount {
  kSpg,  // behind the third: all that follows "\n<answer>\n", answer included
  kD1,   // behind the third: all that follows "\n</answer>\n"; without it, all
};
double CountXml(std::string_view text, XmlCount rule);
// What was meant: 0.125 for each tag that stands exactly once; minus 0.001 for
// each character behind the closing answer tag, end tokens and white space
// aside. At least -0.5.
double CountTags(std::string_view text);

// Whether a dot of the published expressions crosses a line break.
enum class Dot { kStaysOnLine, kCrossesLines };
// The text begins with a reasoning section, white space and an answer section.
bool HasSoftFormat(std::string_view text, Dot dot);
// The text is the layout with every tag on a line of its own, and nothing else.
bool HasStrictFormat(std::string_view text, Dot dot);

// Without end tokens and white space at its end: what a model that stopped in
// time has written.
std::string_view WithoutEndTokens(std::string_view text);

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_FORMAT_H_
