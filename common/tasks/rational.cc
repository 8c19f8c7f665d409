#include "common/tasks/rational.h"

#include <cmath>

namespace mdrl {
namespace {

__extension__ using Wide = __int128;

Wide Gcd(Wide a, Wide b) {
  while (b != 0) {
    const Wide rest = a % b;
    a = b;
    b = rest;
  }
  return a < 0 ? -a : a;
}

// No value this side of 2^126, so that negation and comparison are safe.
constexpr Wide kLimit = Wide{1} << 126;

bool Fits(Wide value) { return value < kLimit && value > -kLimit; }

std::optional<Wide> Multiplied(Wide a, Wide b) {
  Wide out = 0;
  if (__builtin_mul_overflow(a, b, &out) || !Fits(out)) return std::nullopt;
  return out;
}

}  // namespace

std::optional<Rational> Rational::Reduced(Wide numerator, Wide denominator) {
  if (denominator == 0 || !Fits(numerator) || !Fits(denominator)) {
    return std::nullopt;
  }
  const Wide divisor = denominator == 1 ? 1 : Gcd(numerator, denominator);
  const Wide sign = denominator < 0 ? -1 : 1;
  Rational out;
  out.numerator_ = sign * (numerator / divisor);
  out.denominator_ = sign * (denominator / divisor);
  return out;
}

// a c / (b d), with both pairs across reduced first: no overflow that the
// result does not need.
std::optional<Rational> Rational::Product(Wide a, Wide b, Wide c, Wide d) {
  if (b == 0 || d == 0) return std::nullopt;
  const Wide first = d == 1 || d == -1 ? 1 : Gcd(a, d);
  const Wide second = b == 1 ? 1 : Gcd(c, b);
  const auto numerator = Multiplied(a / first, c / second);
  const auto denominator = Multiplied(b / second, d / first);
  if (!numerator || !denominator) return std::nullopt;
  return Reduced(*numerator, *denominator);
}

std::optional<Rational> Rational::FromDecimal(std::string_view digits) {
  Wide numerator = 0;
  Wide denominator = 1;
  bool point = false;
  bool any = false;
  for (const char c : digits) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    any = true;
    const auto shifted = Multiplied(numerator, 10);
    if (!shifted || !Fits(*shifted + (c - '0'))) return std::nullopt;
    numerator = *shifted + (c - '0');
    if (!point) continue;
    const auto larger = Multiplied(denominator, 10);
    if (!larger) return std::nullopt;
    denominator = *larger;
  }
  if (!any) return std::nullopt;
  return Reduced(numerator, denominator);
}

Rational Rational::Denominator() const {
  Rational out;
  out.numerator_ = denominator_;
  return out;
}

double Rational::ToDouble() const {
  return static_cast<double>(static_cast<long double>(numerator_) /
                             static_cast<long double>(denominator_));
}

std::optional<Rational> Rational::Plus(const Rational& other) const {
  if (denominator_ == 1 && other.denominator_ == 1) {
    // Both are below the limit: the sum cannot overflow.
    return Reduced(numerator_ + other.numerator_, 1);
  }
  const auto left = Multiplied(numerator_, other.denominator_);
  const auto right = Multiplied(other.numerator_, denominator_);
  const auto denominator = Multiplied(denominator_, other.denominator_);
  if (!left || !right || !denominator) return std::nullopt;
  return Reduced(*left + *right, *denominator);
}

std::optional<Rational> Rational::Negated() const {
  return Reduced(-numerator_, denominator_);
}

std::optional<Rational> Rational::Minus(const Rational& other) const {
  return Plus(*other.Negated());
}

std::optional<Rational> Rational::Times(const Rational& other) const {
  return Product(numerator_, denominator_, other.numerator_,
                 other.denominator_);
}

std::optional<Rational> Rational::Over(const Rational& other) const {
  return Product(numerator_, denominator_, other.denominator_,
                 other.numerator_);
}

std::optional<Rational> Rational::FloorOver(const Rational& other) const {
  const std::optional<Rational> quotient = Over(other);
  if (!quotient) return std::nullopt;
  Wide whole = quotient->numerator_ / quotient->denominator_;
  if (quotient->numerator_ < 0 &&
      quotient->numerator_ % quotient->denominator_ != 0) {
    --whole;
  }
  return Reduced(whole, 1);
}

std::optional<Rational> Rational::ToTheWhole(int64_t exponent) const {
  std::optional<Rational> base = *this;
  if (exponent < 0) {
    base = Rational(1).Over(*this);
    if (!base) return std::nullopt;
    exponent = -exponent;
  }
  const bool unit = base->denominator_ == 1 && base->numerator_ <= 1 &&
                    base->numerator_ >= -1;
  // Anything else leaves 128 bits sooner; 0, 1 and -1 depend on parity alone.
  if (exponent > 128) {
    if (!unit) return std::nullopt;
    exponent = 2 + exponent % 2;
  }
  std::optional<Rational> out = Rational(1);
  for (int64_t i = 0; i < exponent && out; ++i) out = out->Times(*base);
  return out;
}

std::optional<Rational> Rational::ToThe(const Rational& exponent) const {
  if (exponent.IsWhole()) {
    constexpr Wide kMost = Wide{1} << 62;
    if (exponent.numerator_ > kMost || exponent.numerator_ < -kMost) {
      return std::nullopt;
    }
    return ToTheWhole(static_cast<int64_t>(exponent.numerator_));
  }
  if (IsNegative() || (IsZero() && exponent.IsNegative())) return std::nullopt;
  constexpr double kUnit = 0x1p40;
  const double scaled =
      std::round(std::pow(ToDouble(), exponent.ToDouble()) * kUnit);
  if (!(std::fabs(scaled) < 0x1p120)) return std::nullopt;
  return Reduced(static_cast<Wide>(scaled), Wide{1} << 40);
}

}  // namespace mdrl
