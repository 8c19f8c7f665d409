// What a short LaTeX or plain expression is worth, exactly.
//
// Numbers with points and thousands' commas, + - * / ^, \cdot, \times, \div,
// brackets, \frac in all its spellings, mixed numbers, \sqrt with an index, and
// letters, Greek ones and \infty too; factors may stand side by side. Pure;
// texts of more than 512 bytes or 40 brackets deep are not read; thread-safe.
#ifndef MDRL_SERVICES_REWARD_VERIFY_MATH_EXPRESSION_H_
#define MDRL_SERVICES_REWARD_VERIFY_MATH_EXPRESSION_H_

#include <optional>
#include <string_view>

#include "services/reward/verify/symbolic_value.h"

namespace mdrl {

// nullopt: not such an expression, a division by zero, or too large a value.
std::optional<SymbolicValue> ReadMathExpression(std::string_view text);

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_MATH_EXPRESSION_H_
