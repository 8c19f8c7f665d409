#include "services/reward/verify/math_expression.h"

#include <array>
#include <string>

#include "absl/strings/ascii.h"

namespace mdrl {
namespace {

constexpr size_t kMostBytes = 512;
constexpr int kMostDepth = 40;

using Value = std::optional<SymbolicValue>;

constexpr std::array<std::string_view, 9> kLetters = {
    "\\alpha", "\\beta", "\\gamma", "\\theta", "\\lambda",
    "\\pi",    "\\phi",  "\\omega", "\\infty"};

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  // The whole text.
  Value Read() {
    Value out = Sum();
    SkipBlanks();
    return rest_.empty() ? out : std::nullopt;
  }

 private:
  void SkipBlanks() {
    while (!rest_.empty() && absl::ascii_isspace(rest_[0])) {
      rest_.remove_prefix(1);
    }
  }
  bool Take(std::string_view token) {
    SkipBlanks();
    if (!rest_.starts_with(token)) return false;
    // A command ends where its letters do.
    if (token.size() > 1 && rest_.size() > token.size() &&
        absl::ascii_isalpha(rest_[token.size()])) {
      return false;
    }
    rest_.remove_prefix(token.size());
    return true;
  }
  // The next sign, 0 at the end.
  char Next() {
    SkipBlanks();
    return rest_.empty() ? '\0' : rest_[0];
  }

  Value Sum() {
    if (++depth_ > kMostDepth) return std::nullopt;
    Value out = Signed();
    while (out) {
      if (Take("+")) {
        const Value next = Product();
        out = next ? out->Plus(*next) : std::nullopt;
      } else if (Take("-")) {
        const Value next = Product();
        out = next ? out->Minus(*next) : std::nullopt;
      } else {
        break;
      }
    }
    --depth_;
    return out;
  }

  Value Signed() {
    if (Take("-")) {
      const Value out = Product();
      return out ? out->Times(SymbolicValue(Rational(-1))) : std::nullopt;
    }
    Take("+");
    return Product();
  }

  Value Product() {
    Value out = Factor();
    while (out) {
      if (Take("*") || Take("\\cdot") || Take("\\times")) {
        const Value next = Factor();
        out = next ? out->Times(*next) : std::nullopt;
      } else if (Take("/") || Take("\\div")) {
        const Value next = Factor();
        out = next ? out->Over(*next) : std::nullopt;
      } else if (BeginsFactor()) {
        const Value next = Factor();
        out = next ? out->Times(*next) : std::nullopt;
      } else {
        break;
      }
    }
    return out;
  }

  bool BeginsFactor() {
    const char next = Next();
    if (next == '\\') {
      for (const std::string_view word :
           {"\\frac", "\\dfrac", "\\tfrac", "\\sqrt"}) {
        if (rest_.starts_with(word)) return true;
      }
      for (const std::string_view letter : kLetters) {
        if (rest_.starts_with(letter)) return true;
      }
      return false;
    }
    return next == '(' || next == '{' || absl::ascii_isalpha(next);
  }

  Value Factor() {
    Value out = Primary();
    if (!out || !Take("^")) return out;
    Value exponent = Argument();
    return exponent ? out->ToThe(*exponent) : std::nullopt;
  }

  Value Primary() {
    const char next = Next();
    if (absl::ascii_isdigit(next) || next == '.') return Number();
    if (Take("(")) return Closed(")");
    if (Take("{")) return Closed("}");
    if (TakeFraction()) return Fraction();
    if (TakeWord("\\sqrt")) return Root();
    for (const std::string_view letter : kLetters) {
      if (Take(letter)) return SymbolicValue::Letter(std::string(letter));
    }
    if (!absl::ascii_isalpha(next)) return std::nullopt;
    rest_.remove_prefix(1);
    return SymbolicValue::Letter(std::string(1, next));
  }

  Value Closed(std::string_view bracket) {
    Value out = Sum();
    return Take(bracket) ? out : std::nullopt;
  }

  // A command that a digit may follow at once.
  bool TakeWord(std::string_view word) {
    SkipBlanks();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  bool TakeFraction() {
    return TakeWord("\\frac") || TakeWord("\\dfrac") || TakeWord("\\tfrac");
  }

  // "{...}", or one digit or letter.
  Value Argument() {
    if (Take("{")) return Closed("}");
    if (Take("-")) {
      const Value out = Argument();
      return out ? out->Times(SymbolicValue(Rational(-1))) : std::nullopt;
    }
    if (const char next = Next(); absl::ascii_isdigit(next)) {
      rest_.remove_prefix(1);
      return SymbolicValue(Rational(next - '0'));
    }
    return Primary();
  }

  Value Fraction() {
    if (++depth_ > kMostDepth) return std::nullopt;
    const Value above = Argument();
    const Value below = above ? Argument() : std::nullopt;
    --depth_;
    return below ? above->Over(*below) : std::nullopt;
  }

  Value Root() {
    if (++depth_ > kMostDepth) return std::nullopt;
    Value index = SymbolicValue(Rational(2));
    if (Take("[")) index = Closed("]");
    const Value one_over =
        index ? SymbolicValue(Rational(1)).Over(*index) : std::nullopt;
    const Value base = one_over ? Argument() : std::nullopt;
    --depth_;
    return base ? base->ToThe(*one_over) : std::nullopt;
  }

  // Three digits and no fourth.
  bool IsThousands() const {
    return rest_.size() >= 4 && rest_[0] == ',' &&
           absl::ascii_isdigit(rest_[1]) && absl::ascii_isdigit(rest_[2]) &&
           absl::ascii_isdigit(rest_[3]) &&
           (rest_.size() == 4 || !absl::ascii_isdigit(rest_[4]));
  }

  Value Number() {
    std::string digits;
    while (!rest_.empty() && (absl::ascii_isdigit(rest_[0]) ||
                              rest_[0] == '.' || IsThousands())) {
      if (rest_[0] != ',') digits += rest_[0];
      rest_.remove_prefix(1);
    }
    const auto number = Rational::FromDecimal(digits);
    if (!number) return std::nullopt;
    const SymbolicValue whole(*number);
    // "2\frac{1}{3}" is a mixed number where both are digits.
    if (!number->IsWhole() || !IsPlainFraction()) return whole;
    TakeFraction();
    const Value part = Fraction();
    return part ? whole.Plus(*part) : std::nullopt;
  }

  bool IsPlainFraction() {
    SkipBlanks();
    std::string_view ahead = rest_;
    for (const std::string_view word : {"\\frac", "\\dfrac", "\\tfrac"}) {
      if (!ahead.starts_with(word)) continue;
      ahead.remove_prefix(word.size());
      int digits = 0;
      int depth = 0;
      for (const char c : ahead) {
        if (c == '{') {
          ++depth;
        } else if (c == '}') {
          --depth;
        } else if (absl::ascii_isdigit(c)) {
          ++digits;
        } else {
          return depth == 0 && digits >= 2;
        }
      }
      return depth == 0 && digits >= 2;
    }
    return false;
  }

  std::string_view rest_;
  int depth_ = 0;
};

}  // namespace

std::optional<SymbolicValue> ReadMathExpression(std::string_view text) {
  if (text.size() > kMostBytes) return std::nullopt;
  return Reader(text).Read();
}

}  // namespace mdrl
