// Numbers as the published parsers read them: with Python's float(), int() and
// a regular expression.
//
// Functions without state; linear in the text; safe from any thread.
#ifndef MDRL_SERVICES_REWARD_VERIFY_PYTHON_NUMBER_H_
#define MDRL_SERVICES_REWARD_VERIFY_PYTHON_NUMBER_H_

#include <optional>
#include <string>
#include <string_view>

namespace mdrl {

// float(text): white space around, a sign, digits of any script with single
// underscores among them, a point, an exponent, or a word for infinity or
// not-a-number. nullopt: Python raises.
std::optional<double> PythonFloat(std::string_view text);

// Whether int(text) is an integer, and then whether str() of it is `text`.
enum class PythonInt { kNone, kOther, kCanonical };
PythonInt ReadPythonInt(std::string_view text);

// The first or last match of -?\d+\.?\d* as a number.
enum class Which { kFirst, kLast };
std::optional<double> FindNumber(std::string_view text, Which which);

// The shortest decimal that reads back as `value`.
std::string ShortestDecimal(double value);

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_PYTHON_NUMBER_H_
