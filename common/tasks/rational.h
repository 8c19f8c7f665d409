// An exact fraction of 128-bit integers.
//
// Value, always in lowest terms with a positive denominator. An operation whose
// result does not fit, or has no value, says nullopt. Thread-safe.
#ifndef MDRL_COMMON_TASKS_RATIONAL_H_
#define MDRL_COMMON_TASKS_RATIONAL_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace mdrl {

class Rational {
 public:
  constexpr Rational() = default;
  explicit constexpr Rational(int64_t whole) : numerator_(whole) {}

  // Digits with at most one point among or before them: "12", "1.5", ".5",
  // "1.". nullopt: anything else, or too long for 128 bits.
  static std::optional<Rational> FromDecimal(std::string_view digits);

  double ToDouble() const;
  bool IsWhole() const { return denominator_ == 1; }
  bool IsNegative() const { return numerator_ < 0; }
  bool IsZero() const { return numerator_ == 0; }
  Rational Denominator() const;

  std::optional<Rational> Plus(const Rational& other) const;
  std::optional<Rational> Minus(const Rational& other) const;
  std::optional<Rational> Times(const Rational& other) const;
  // nullopt by zero, too.
  std::optional<Rational> Over(const Rational& other) const;
  // The largest whole number that is not above the quotient.
  std::optional<Rational> FloorOver(const Rational& other) const;
  std::optional<Rational> Negated() const;
  // Exact for whole exponents. A root is rounded to a multiple of 2^-40; of a
  // negative number it is nullopt.
  std::optional<Rational> ToThe(const Rational& exponent) const;

  friend bool operator==(const Rational&, const Rational&) = default;

 private:
  // The compiler's: there is none in the standard library.
  __extension__ using Wide = __int128;

  static std::optional<Rational> Reduced(Wide numerator, Wide denominator);
  static std::optional<Rational> Product(Wide a, Wide b, Wide c, Wide d);
  std::optional<Rational> ToTheWhole(int64_t exponent) const;

  Wide numerator_ = 0;
  Wide denominator_ = 1;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_RATIONAL_H_
