// Whether two answers to a competition problem are equal in value, not in
// spelling: stricter than the published normal form, which takes texts for
// equal that are not, and fairer to other spellings.
//
// Pure, bounded, thread-safe.
#ifndef MDRL_SERVICES_REWARD_VERIFY_MATH_SYMBOLIC_H_
#define MDRL_SERVICES_REWARD_VERIFY_MATH_SYMBOLIC_H_

#include <optional>
#include <string_view>

namespace mdrl {

// Numbers and expressions by their exact value (math_expression.h); tuples and
// intervals by their brackets and part by part; sets, lists and unions of
// intervals in any order; "x =" and "x \in" before an answer count only where
// both have them; a unit only where both have one. nullopt: one of the two is
// none of these, such as a word or a matrix.
std::optional<bool> SymbolicallyEqual(std::string_view a, std::string_view b);

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_MATH_SYMBOLIC_H_
