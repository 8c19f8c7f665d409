#include "services/reward/verify/symbolic_value.h"

#include <cmath>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace mdrl {
namespace {

constexpr size_t kMostTerms = 64;
constexpr double kMostBelowRoot = 1e9;
constexpr int64_t kMostExponent = 64;
constexpr int64_t kMostRepeats = 16;  // of a sum multiplied with itself
constexpr char kImaginary[] = "i";

// A whole number as such, if it is small enough to be factored.
std::optional<int64_t> SmallWhole(const Rational& number) {
  const double value = number.ToDouble();
  if (!number.IsWhole() || std::abs(value) > kMostBelowRoot) {
    return std::nullopt;
  }
  return static_cast<int64_t>(value);
}

// The floor of a / b.
int64_t FloorOver(int64_t a, int64_t b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

}  // namespace

SymbolicValue::SymbolicValue(const Rational& number) {
  if (!number.IsZero()) above_[{}] = number;
  below_[{}] = Rational(1);
}

SymbolicValue::SymbolicValue(Sum above, Sum below)
    : above_(std::move(above)), below_(std::move(below)) {}

SymbolicValue SymbolicValue::Letter(const std::string& name) {
  return SymbolicValue({{{{name, Exponent{1, 1}}}, Rational(1)}},
                       {{{}, Rational(1)}});
}

bool SymbolicValue::AddTerm(const Powers& powers, const Rational& factor,
                            Sum& sum) {
  const auto found = sum.find(powers);
  const auto total = found == sum.end() ? std::optional<Rational>(factor)
                                        : found->second.Plus(factor);
  if (!total) return false;
  if (total->IsZero()) {
    if (found != sum.end()) sum.erase(found);
    return true;
  }
  sum[powers] = *total;
  return sum.size() <= kMostTerms;
}

// powers x factor gets symbol^exponent more.
bool SymbolicValue::Multiply(const std::string& symbol, Exponent exponent,
                             Powers& powers, Rational& factor) {
  const Exponent old = powers.contains(symbol) ? powers[symbol] : Exponent{};
  int64_t numerator = old.numerator * exponent.denominator +
                      exponent.numerator * old.denominator;
  int64_t denominator = old.denominator * exponent.denominator;
  const int64_t common = std::gcd(numerator, denominator);
  numerator /= common;
  denominator /= common;
  if (std::abs(numerator) > kMostExponent || denominator > kMostExponent) {
    return false;
  }
  const bool prime = symbol[0] >= '0' && symbol[0] <= '9';
  if (prime) {
    // Its whole powers are part of the factor.
    const int64_t whole = FloorOver(numerator, denominator);
    const auto base = Rational::FromDecimal(symbol);
    const auto power = base ? base->ToThe(Rational(whole)) : std::nullopt;
    const auto product = power ? factor.Times(*power) : std::nullopt;
    if (!product) return false;
    factor = *product;
    numerator -= whole * denominator;
  } else if (symbol == kImaginary && denominator == 1) {
    const int64_t turns = ((numerator % 4) + 4) % 4;
    if (turns >= 2) factor = *factor.Negated();
    numerator = turns % 2;
  }
  if (numerator == 0) {
    powers.erase(symbol);
  } else {
    powers[symbol] = {numerator, denominator};
  }
  return true;
}

std::optional<SymbolicValue::Sum> SymbolicValue::Product(const Sum& a,
                                                         const Sum& b) {
  Sum out;
  for (const auto& [powers_a, factor_a] : a) {
    for (const auto& [powers_b, factor_b] : b) {
      Powers powers = powers_a;
      auto factor = factor_a.Times(factor_b);
      if (!factor) return std::nullopt;
      for (const auto& [symbol, exponent] : powers_b) {
        if (!Multiply(symbol, exponent, powers, *factor)) return std::nullopt;
      }
      if (!AddTerm(powers, *factor, out)) return std::nullopt;
    }
  }
  return out;
}

std::optional<SymbolicValue::Sum> SymbolicValue::Added(const Sum& a,
                                                       const Sum& b,
                                                       bool minus) {
  Sum out = a;
  for (const auto& [powers, factor] : b) {
    const auto signed_factor =
        minus ? factor.Negated() : std::optional<Rational>(factor);
    if (!signed_factor || !AddTerm(powers, *signed_factor, out)) {
      return std::nullopt;
    }
  }
  return out;
}

std::optional<SymbolicValue> SymbolicValue::Plus(
    const SymbolicValue& other) const {
  const auto left = Product(above_, other.below_);
  const auto right = Product(other.above_, below_);
  const auto below = Product(below_, other.below_);
  if (!left || !right || !below) return std::nullopt;
  auto above = Added(*left, *right, /*minus=*/false);
  if (!above) return std::nullopt;
  return SymbolicValue(*std::move(above), *below);
}

std::optional<SymbolicValue> SymbolicValue::Minus(
    const SymbolicValue& other) const {
  const auto negated = other.Times(SymbolicValue(Rational(-1)));
  return negated ? Plus(*negated) : std::nullopt;
}

std::optional<SymbolicValue> SymbolicValue::Times(
    const SymbolicValue& other) const {
  auto above = Product(above_, other.above_);
  auto below = Product(below_, other.below_);
  if (!above || !below) return std::nullopt;
  return SymbolicValue(*std::move(above), *std::move(below));
}

std::optional<SymbolicValue> SymbolicValue::Over(
    const SymbolicValue& other) const {
  if (other.above_.empty()) return std::nullopt;
  return Times(SymbolicValue(other.below_, other.above_));
}

// factor x powers gets number^exponent more, prime by prime.
bool SymbolicValue::MultiplyNumber(const Rational& number, Exponent exponent,
                                   Powers& powers, Rational& factor) {
  if (exponent.denominator == 1) {
    const auto power = number.ToThe(Rational(exponent.numerator));
    const auto product = power ? factor.Times(*power) : std::nullopt;
    if (!product) return false;
    factor = *product;
    return true;
  }
  const auto above = number.Times(number.Denominator());
  const auto numerator = above ? SmallWhole(*above) : std::nullopt;
  const auto denominator = SmallWhole(number.Denominator());
  if (!numerator || !denominator) return false;
  if (*numerator < 0) {
    // Odd roots of a negative number are negative, square roots imaginary.
    if (exponent.denominator % 2 == 1) {
      if (exponent.numerator % 2 != 0) factor = *factor.Negated();
    } else if (exponent.denominator != 2 ||
               !Multiply(kImaginary, {exponent.numerator, 1}, powers, factor)) {
      return false;
    }
  }
  for (const auto& [whole, sign] :
       {std::pair(std::abs(*numerator), 1), std::pair(*denominator, -1)}) {
    const Exponent signed_exponent = {sign * exponent.numerator,
                                      exponent.denominator};
    int64_t rest = whole;
    for (int64_t prime = 2; rest > 1; ++prime) {
      if (prime * prime > rest) prime = rest;
      while (rest % prime == 0) {
        rest /= prime;
        if (!Multiply(std::to_string(prime), signed_exponent, powers, factor)) {
          return false;
        }
      }
    }
  }
  return true;
}

std::optional<SymbolicValue::Sum> SymbolicValue::Root(const Sum& base,
                                                      Exponent exponent) {
  const auto& [powers, factor] = *base.begin();
  Powers out;
  Rational number(1);
  if (!MultiplyNumber(factor, exponent, out, number)) return std::nullopt;
  for (const auto& [symbol, power] : powers) {
    const Exponent product = {power.numerator * exponent.numerator,
                              power.denominator * exponent.denominator};
    if (!Multiply(symbol, product, out, number)) return std::nullopt;
  }
  return Sum{{out, number}};
}

std::optional<SymbolicValue::Exponent> SymbolicValue::Small(const Sum& above,
                                                            const Sum& below) {
  if (above.empty()) return Exponent{};
  const bool numbers = above.size() == 1 && above.begin()->first.empty() &&
                       below.size() == 1 && below.begin()->first.empty();
  if (!numbers) return std::nullopt;
  const auto value = above.begin()->second.Over(below.begin()->second);
  if (!value) return std::nullopt;
  const auto whole = value->Times(value->Denominator());
  const auto numerator = whole ? SmallWhole(*whole) : std::nullopt;
  const auto denominator = SmallWhole(value->Denominator());
  if (!numerator || !denominator || std::abs(*numerator) > kMostExponent ||
      *denominator > kMostExponent) {
    return std::nullopt;
  }
  return Exponent{*numerator, *denominator};
}

std::optional<SymbolicValue> SymbolicValue::ToThe(
    const SymbolicValue& exponent) const {
  const auto small = Small(exponent.above_, exponent.below_);
  if (!small) return std::nullopt;
  if (above_.empty()) {
    // 0 to a positive power.
    return small->numerator > 0 ? std::optional(*this) : std::nullopt;
  }
  if (above_.size() == 1 && below_.size() == 1) {
    auto above = Root(above_, *small);
    auto below = Root(below_, *small);
    if (!above || !below) return std::nullopt;
    return SymbolicValue(*std::move(above), *std::move(below));
  }
  if (small->denominator != 1 || std::abs(small->numerator) > kMostRepeats) {
    return std::nullopt;
  }
  const SymbolicValue base =
      small->numerator < 0 ? SymbolicValue(below_, above_) : *this;
  std::optional<SymbolicValue> out(SymbolicValue(Rational(1)));
  for (int64_t i = 0; out && i < std::abs(small->numerator); ++i) {
    out = out->Times(base);
  }
  return out;
}

std::optional<bool> SymbolicValue::Equals(const SymbolicValue& other) const {
  const auto left = Product(above_, other.below_);
  const auto right = Product(other.above_, below_);
  if (!left || !right) return std::nullopt;
  return *left == *right;
}

}  // namespace mdrl
