#include "services/reward/verify/math_symbolic.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "services/reward/verify/math_expression.h"
#include "tests/services/reward/verify/judge.h"

namespace mdrl {
namespace {

struct Pair {
  const char* a;
  const char* b;
};

TEST(MathSymbolicTest, EqualInValueIsEqual) {
  const Pair pairs[] = {
      {"\\frac{1}{2}", "0.5"},
      {"\\frac12", "\\dfrac{2}{4}"},
      {"-\\frac{3}{4}", "\\frac{-3}{4}"},
      {"1\\frac{1}{2}", "\\frac{3}{2}"},
      {"1,234,567", "1234567"},
      {"10{,}000", "10,\\!000"},
      {"2\\sqrt{3}", "\\sqrt{12}"},
      {"\\frac{1}{\\sqrt{2}}", "\\frac{\\sqrt{2}}{2}"},
      {"\\frac{1}{1+\\sqrt{2}}", "\\sqrt2-1"},
      {"\\sqrt{6}", "\\sqrt{2}\\cdot\\sqrt{3}"},
      {"\\sqrt[3]{54}", "3\\sqrt[3]{2}"},
      {"\\sqrt{-4}", "2i"},
      {"(1+i)^2", "2i"},
      {"2^{10}", "1024"},
      {"\\frac{\\pi}{4}", "0.25\\pi"},
      {"x^2+2x+1", "(x+1)^2"},
      {"\\frac{x^2-1}{x-1}", "x+1"},
      {"(1, \\frac{1}{2})", "\\left( 1, 0.5 \\right)"},
      {"[0, \\infty)", "[0,\\infty)"},
      {"(-\\infty, 2) \\cup (3, \\infty)", "(3,\\infty)\\cup(-\\infty,2)"},
      {"\\{1, 2\\}", "2, 1"},
      {"1 \\text{ and } 2", "2,1"},
      {"x = 5", "5"},
      {"x \\in [1,2]", "[1,2]"},
      {"y = 2x+1", "y = 1+2x"},
      {"90^\\circ", "90"},
      {"50\\%", "50"},
      {"\\$12.50", "12.5"},
      {"5 \\text{ cm}", "5"},
      {"5\\text{ square units}", "5"},
      {"12 \\text{ cm}^2", "12 cm^2"},
      {"70 degrees", "70^{\\circ}"},
      {"5.", "5"}};
  for (const auto& [a, b] : pairs) {
    EXPECT_EQ(SymbolicallyEqual(a, b), true) << a << "   " << b;
    EXPECT_EQ(SymbolicallyEqual(b, a), true) << b << "   " << a;
  }
}

TEST(MathSymbolicTest, OtherValuesBracketsAndUnitsAreNot) {
  const Pair pairs[] = {{"0.333", "\\frac{1}{3}"},
                        {"\\sqrt{2}", "1.41421356"},
                        {"3.14", "\\pi"},
                        {"(1,2)", "(2,1)"},
                        {"(1,2)", "[1,2]"},
                        {"(1,2)", "1,2"},
                        {"1,2", "1,2,3"},
                        {"5 \\text{ cm}", "5 \\text{ km}"},
                        {"x=5", "x=6"},
                        {"x=5", "y=5"},
                        {"i", "-i"},
                        {"2", "12"},
                        {"ab", "a+b"}};
  for (const auto& [a, b] : pairs) {
    EXPECT_EQ(SymbolicallyEqual(a, b), false) << a << "   " << b;
    EXPECT_EQ(SymbolicallyEqual(b, a), false) << b << "   " << a;
  }
}

TEST(MathSymbolicTest, WhatIsNoExpressionIsLeftToTheNormalForm) {
  for (const char* text :
       {"\\text{Evelyn}", "\\begin{pmatrix}1\\\\2\\end{pmatrix}", "", "1/0",
        "\\frac{1}{0}", "2^{1000}", "2^x", "\\sin x", "1_2", "(1", "1)", "x<3",
        "\\sqrt{x+1}", "99999999999999999999999999999999999999999999"}) {
    EXPECT_EQ(SymbolicallyEqual(text, "1"), std::nullopt) << text;
  }
}

TEST(MathSymbolicTest, NothingTakesLong) {
  const std::string pieces[] = {"(",       "\\frac",        "\\sqrt{", "x^",
                                "(x+y)^9", "\\sqrt9999991", "1,",      "{1,",
                                "-",       "\\text{cm}",    "=",       "a+"};
  for (const std::string& piece : pieces) {
    std::string text;
    while (text.size() < 500) text += piece;
    const auto start = std::chrono::steady_clock::now();
    SymbolicallyEqual(text, text);
    SymbolicallyEqual(text + "1", text + "2");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2))
        << piece;
  }
}

TEST(MathSymbolicTest, TheRubricIsBesideThePublishedOne) {
  const char* truth = R"({"answer":"\\frac{1}{\\sqrt{2}}"})";
  const char* text = "so \\boxed{\\frac{\\sqrt{2}}{2}}";
  EXPECT_EQ(Judge("math", "eval", truth, text).correct, false);
  EXPECT_EQ(Judge("math", "symbolic", truth, text).correct, true);
  EXPECT_EQ(
      Judge("math", "symbolic", R"({"answer":"\\text{Evelyn}"})",
            "\\boxed{Evelyn}")
          .correct,
      Judge("math", "eval", R"({"answer":"\\text{Evelyn}"})", "\\boxed{Evelyn}")
          .correct);
}

}  // namespace
}  // namespace mdrl
