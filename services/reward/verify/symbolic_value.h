// Exact values with roots and letters: fractions of sums of terms such as
// 3/2 x^2 sqrt(5).
//
// Immutable values, bounded in size: what would need more than 64 terms, a
// factor above 10^9 below a root or a number beyond 128 bits is nullopt.
// Letters stand for positive numbers, but for i, whose square is -1.
// Thread-safe.
#ifndef MDRL_SERVICES_REWARD_VERIFY_SYMBOLIC_VALUE_H_
#define MDRL_SERVICES_REWARD_VERIFY_SYMBOLIC_VALUE_H_

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/tasks/rational.h"

namespace mdrl {

class SymbolicValue {
 public:
  explicit SymbolicValue(const Rational& number);
  static SymbolicValue Letter(const std::string& name);

  std::optional<SymbolicValue> Plus(const SymbolicValue& other) const;
  std::optional<SymbolicValue> Minus(const SymbolicValue& other) const;
  std::optional<SymbolicValue> Times(const SymbolicValue& other) const;
  // nullopt by zero, too.
  std::optional<SymbolicValue> Over(const SymbolicValue& other) const;
  // nullopt too: an exponent that is no fraction of small numbers, or a root of
  // a sum.
  std::optional<SymbolicValue> ToThe(const SymbolicValue& exponent) const;

  // nullopt: too large to tell.
  std::optional<bool> Equals(const SymbolicValue& other) const;

 private:
  struct Exponent {
    int64_t numerator = 0;
    int64_t denominator = 1;
    friend auto operator<=>(const Exponent&, const Exponent&) = default;
  };
  // By symbol; none is 0. A prime's name is its digits, its exponent is between
  // 0 and 1; that of i is 1.
  using Powers = std::map<std::string, Exponent>;
  using Sum = std::map<Powers, Rational>;  // no coefficient is 0

  SymbolicValue(Sum above, Sum below);

  static bool AddTerm(const Powers& powers, const Rational& factor, Sum& sum);
  static bool Multiply(const std::string& symbol, Exponent exponent,
                       Powers& powers, Rational& factor);
  static std::optional<Sum> Product(const Sum& a, const Sum& b);
  static std::optional<Sum> Added(const Sum& a, const Sum& b, bool minus);
  // Of a sum of one term.
  static std::optional<Sum> Root(const Sum& base, Exponent exponent);
  static bool MultiplyNumber(const Rational& number, Exponent exponent,
                             Powers& powers, Rational& factor);
  static std::optional<Exponent> Small(const Sum& above, const Sum& below);

  Sum above_;
  Sum below_;  // not empty
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_SYMBOLIC_VALUE_H_
