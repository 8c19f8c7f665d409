// Arithmetic as people and models write it in one line, evaluated exactly.
//
// Functions without state; linear in the text (but for `**`, whose cost is
// bounded), at most 200 brackets deep; safe from any thread.
#ifndef MDRL_COMMON_TASKS_EXPRESSION_H_
#define MDRL_COMMON_TASKS_EXPRESSION_H_

#include <optional>
#include <string_view>

#include "common/tasks/rational.h"

namespace mdrl {

enum class Arithmetic {
  // + - * / ( ), decimal numbers and signs, with white space between.
  kPlain,
  // What Python's evaluator makes of the same characters, as the published
  // rules used it: ** and // as well, no whole number with a leading zero, and
  // a line break only within brackets.
  kPython,
};

// nullopt: not an expression, a division by zero, or a value that does not fit
// 128-bit fractions.
std::optional<Rational> Evaluate(std::string_view text, Arithmetic rules);

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_EXPRESSION_H_
