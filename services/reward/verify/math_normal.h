// The normal form in which two answers of the MATH data set are compared as
// strings (Hendrycks et al., arXiv 2103.03874), with its corners.
//
// Pure; linear in the text; thread-safe.
#ifndef MDRL_SERVICES_REWARD_VERIFY_MATH_NORMAL_H_
#define MDRL_SERVICES_REWARD_VERIFY_MATH_NORMAL_H_

#include <optional>
#include <string>
#include <string_view>

namespace mdrl {

// Line breaks, \!, \left, \right, degrees, \$ and percent signs go; tfrac and
// dfrac become frac; a unit behind "\text{ " goes; a point gets its zero; "x ="
// before one equation goes, as do blanks; \sqrt3, \frac12 and 1/2 get their
// braces; 0.5 is \frac{1}{2}. nullopt: the published code raises on it, and
// then compares the texts as they stand (two units, a \sqrt or \frac with
// nothing behind it, a/b where one is no integer).
std::optional<std::string> MathNormal(std::string_view text);

// An answer that others are compared with: its normal form is made once.
class MathAnswer {
 public:
  explicit MathAnswer(std::string text);

  // Equal in normal form; where either has none, letter by letter.
  bool IsEquivalent(std::string_view other) const;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::optional<std::string> normal_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_MATH_NORMAL_H_
