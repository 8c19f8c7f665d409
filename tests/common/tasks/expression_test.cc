#include "common/tasks/expression.h"

#include <gtest/gtest.h>

#include <string>

namespace mdrl {
namespace {

std::optional<double> Plain(std::string_view text) {
  const auto value = Evaluate(text, Arithmetic::kPlain);
  return value ? std::optional(value->ToDouble()) : std::nullopt;
}
std::optional<double> Python(std::string_view text) {
  const auto value = Evaluate(text, Arithmetic::kPython);
  return value ? std::optional(value->ToDouble()) : std::nullopt;
}

TEST(ExpressionTest, PrecedenceBracketsAndSigns) {
  EXPECT_EQ(Plain("1+2*3"), 7.0);
  EXPECT_EQ(Plain("(1 + 2) * 3"), 9.0);
  EXPECT_EQ(Plain("8-3-2"), 3.0);
  EXPECT_EQ(Plain("8/4/2"), 1.0);
  EXPECT_EQ(Plain("2 - -3"), 5.0);
  EXPECT_EQ(Plain("-(1.5+.5)"), -2.0);
  EXPECT_EQ(Plain("\t1.\n+ 2 "), 3.0);
}

TEST(ExpressionTest, FractionsAreExact) {
  EXPECT_EQ(Plain("1/3*3"), 1.0);
  EXPECT_EQ(Evaluate("1/3+1/3+1/3", Arithmetic::kPlain), Rational(1));
  EXPECT_EQ(Evaluate("0.1+0.2-0.3", Arithmetic::kPlain), Rational(0));
}

TEST(ExpressionTest, WhatIsNoExpressionHasNoValue) {
  for (const char* text :
       {"", " ", "1+", "*1", "1 2", "(1", "1)", "()", "2(3)", "(1)(2)", "1.2.3",
        ".", "1/0", "1/(2-2)", "x", "1,5", "1e3", "٣", "1+\xFF"}) {
    EXPECT_EQ(Plain(text), std::nullopt) << text;
    EXPECT_EQ(Python(text), std::nullopt) << text;
  }
}

TEST(ExpressionTest, PythonHasPowersFloorsAndItsOwnZeros) {
  EXPECT_EQ(Python("2**3**2"), 512.0);
  EXPECT_EQ(Python("-2**2"), -4.0);
  EXPECT_EQ(Python("2**-1"), 0.5);
  EXPECT_EQ(Python("4**.5"), 2.0);
  EXPECT_EQ(Python("(0-4)**.5"), std::nullopt);
  EXPECT_EQ(Python("0**-1"), std::nullopt);
  EXPECT_EQ(Python("(-1)**99999"), -1.0);
  EXPECT_EQ(Python("7//2"), 3.0);
  EXPECT_EQ(Python("-7//2"), -4.0);
  EXPECT_EQ(Python("7*2//4"), 3.0);
  EXPECT_EQ(Python("07"), std::nullopt);
  EXPECT_EQ(Python("00"), 0.0);
  EXPECT_EQ(Python("07."), 7.0);
  EXPECT_EQ(Python("(1\n+2)"), 3.0);
  EXPECT_EQ(Python("1\n+2"), std::nullopt);
  for (const char* text : {"2**3", "7//2"})
    EXPECT_EQ(Plain(text), std::nullopt);
  EXPECT_EQ(Plain("07"), 7.0);
}

TEST(ExpressionTest, WhatDoesNotFitHasNoValueAndTakesNoTime) {
  EXPECT_EQ(Python("99**99"), std::nullopt);
  EXPECT_EQ(Python("9**9**9**9"), std::nullopt);
  EXPECT_EQ(Plain(std::string(60, '9')), std::nullopt);
  EXPECT_EQ(Plain("1000000000000000000*1000000000000000000/"
                  "1000000000000000000"),
            1e18);
}

TEST(ExpressionTest, AMegabyteOfAnythingIsRead) {
  const size_t n = 1 << 20;
  EXPECT_EQ(Plain(std::string(n, '-') + "1"), 1.0);
  EXPECT_EQ(Plain(std::string(n, '(')), std::nullopt);
  EXPECT_EQ(Plain(std::string(n, ' ') + "1"), 1.0);
  EXPECT_EQ(Plain("0." + std::string(n, '0')), std::nullopt);
  std::string sum = "1";
  while (sum.size() < n) sum += "+1-1";
  EXPECT_EQ(Plain(sum), 1.0);
  std::string powers = "1";
  while (powers.size() < n) powers += "**1";
  EXPECT_EQ(Python(powers), std::nullopt);
  EXPECT_EQ(Plain(std::string(199, '(') + "1" + std::string(199, ')')), 1.0);
  EXPECT_EQ(Plain(std::string(201, '(') + "1" + std::string(201, ')')),
            std::nullopt);
}

TEST(RationalTest, DecimalsAreReadExactlyOrNotAtAll) {
  EXPECT_EQ(Rational::FromDecimal("1.50"), *Rational(3).Over(Rational(2)));
  EXPECT_EQ(Rational::FromDecimal("007"), Rational(7));
  EXPECT_EQ(Rational::FromDecimal(""), std::nullopt);
  EXPECT_EQ(Rational::FromDecimal("-1"), std::nullopt);
  EXPECT_EQ(Rational::FromDecimal(std::string(50, '9')), std::nullopt);
}

}  // namespace
}  // namespace mdrl
