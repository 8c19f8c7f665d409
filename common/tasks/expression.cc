#include "common/tasks/expression.h"

#include <cstddef>

namespace mdrl {
namespace {

// Of brackets and right-hand operands, together: Python's own limit, and few
// enough for any thread's stack.
constexpr int kDeepest = 200;

// Recursive descent; each function reads one level of precedence and leaves
// `at_` behind what it read. nullopt ends everything.
class Parser {
 public:
  Parser(std::string_view text, Arithmetic rules)
      : text_(text), python_(rules == Arithmetic::kPython) {}

  std::optional<Rational> Whole() {
    const std::optional<Rational> value = Sum();
    SkipSpace();
    return at_ == text_.size() ? value : std::nullopt;
  }

 private:
  bool At(std::string_view token) {
    return text_.substr(at_, token.size()) == token;
  }

  void SkipSpace() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool line_end = c == '\n' || c == '\r';
      const bool space = c == ' ' || c == '\t' || c == '\f' ||
                         (c == '\v' && !python_) ||
                         (line_end && (brackets_ > 0 || !python_));
      if (!space) return;
      ++at_;
    }
  }

  // `second`: a two-character operator that begins like this one and is
  // another.
  bool Take(char c, std::string_view second = "") {
    SkipSpace();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    if (!second.empty() && At(second)) return false;
    ++at_;
    return true;
  }
  bool TakeTwo(std::string_view token) {
    SkipSpace();
    if (!python_ || !At(token)) return false;
    at_ += token.size();
    return true;
  }

  std::optional<Rational> Sum() {
    std::optional<Rational> left = Product();
    while (left) {
      const bool plus = Take('+');
      if (!plus && !Take('-')) return left;
      const std::optional<Rational> right = Product();
      if (!right) return std::nullopt;
      left = plus ? left->Plus(*right) : left->Minus(*right);
    }
    return std::nullopt;
  }

  std::optional<Rational> Product() {
    std::optional<Rational> left = Signed();
    while (left) {
      enum { kTimes, kOver, kFloor } what = kTimes;
      if (TakeTwo("//")) {
        what = kFloor;
      } else if (Take('/')) {
        what = kOver;
      } else if (!Take('*', "**")) {
        return left;
      }
      const std::optional<Rational> right = Signed();
      if (!right) return std::nullopt;
      left = what == kTimes  ? left->Times(*right)
             : what == kOver ? left->Over(*right)
                             : left->FloorOver(*right);
    }
    return std::nullopt;
  }

  std::optional<Rational> Signed() {
    // A loop, so that a megabyte of signs needs no stack.
    bool negative = false;
    for (;;) {
      if (Take('-')) {
        negative = !negative;
      } else if (!Take('+')) {
        break;
      }
    }
    const std::optional<Rational> value = Power();
    if (!value || !negative) return value;
    return value->Negated();
  }

  // Binds closer than a sign before it, and less than one behind it.
  std::optional<Rational> Power() {
    const std::optional<Rational> base = Operand();
    if (!base || !TakeTwo("**")) return base;
    if (++depth_ > kDeepest) return std::nullopt;
    const std::optional<Rational> exponent = Signed();
    --depth_;
    if (!exponent) return std::nullopt;
    return base->ToThe(*exponent);
  }

  std::optional<Rational> Operand() {
    if (!Take('(')) return Number();
    if (++depth_ > kDeepest) return std::nullopt;
    ++brackets_;
    const std::optional<Rational> value = Sum();
    const bool closed = value && Take(')');
    --brackets_;
    --depth_;
    return closed ? value : std::nullopt;
  }

  std::optional<Rational> Number() {
    const size_t begin = at_;
    bool point = false;
    bool leading_zero = false;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '.' && !point) {
        point = true;
      } else if (c < '0' || c > '9') {
        break;
      }
      ++at_;
    }
    const std::string_view digits = text_.substr(begin, at_ - begin);
    leading_zero = !point && digits.size() > 1 && digits[0] == '0' &&
                   digits.find_first_not_of('0') != std::string_view::npos;
    if (python_ && leading_zero) return std::nullopt;
    return Rational::FromDecimal(digits);
  }

  const std::string_view text_;
  const bool python_;
  size_t at_ = 0;
  int depth_ = 0;
  int brackets_ = 0;
};

}  // namespace

std::optional<Rational> Evaluate(std::string_view text, Arithmetic rules) {
  return Parser(text, rules).Whole();
}

}  // namespace mdrl
