#include "services/reward/verify/math_normal.h"

#include <gtest/gtest.h>

#include <string>

namespace mdrl {
namespace {

bool Same(const std::string& a, const std::string& b) {
  return MathAnswer(a).IsEquivalent(b);
}

TEST(MathNormalTest, OneAnswerInManyForms) {
  EXPECT_TRUE(Same("\\frac{1}{2}", "\\dfrac12"));
  EXPECT_TRUE(Same("\\frac{1}{2}", "0.5"));
  EXPECT_TRUE(Same("\\frac{1}{2}", "1/2"));
  EXPECT_TRUE(Same("\\frac{1}{72}", "\\tfrac1{72}"));
  EXPECT_TRUE(Same("16\\sqrt{3}", "16 \\sqrt3"));
  EXPECT_TRUE(Same("5", "x=5"));
  EXPECT_TRUE(Same("0.25", ".25"));
  EXPECT_TRUE(Same("12", "12\\%"));
  EXPECT_TRUE(Same("90", "90^\\circ"));
  EXPECT_TRUE(Same("5", "5\\text{ cm}"));
  EXPECT_TRUE(Same("(3,\\pi)", "\\left( 3, \\pi \\right)"));
  EXPECT_TRUE(Same("1\n2", "12"));
}

TEST(MathNormalTest, OtherAnswersStayOthers) {
  EXPECT_FALSE(Same("\\frac{1}{2}", "0.50"));
  EXPECT_FALSE(Same("5", "abc=5"));
  EXPECT_FALSE(Same("5", "5\\text{cm}"));
  EXPECT_FALSE(Same("1,000", "1000"));
  EXPECT_FALSE(Same("\\frac{3}{4}", "+3/4"));
  EXPECT_FALSE(Same("", "0"));
}

TEST(MathNormalTest, WhatThePublishedCodeRaisesOnIsComparedAsItStands) {
  for (const char* text : {"x/2", "\\sqrt", "a\\sqrt\\sqrt{2}", "\\frac",
                           "1\\text{ a}\\text{ b}", "/2"}) {
    EXPECT_EQ(MathNormal(text), std::nullopt) << text;
    EXPECT_TRUE(Same(text, text)) << text;
    EXPECT_FALSE(Same(text, std::string(text) + " ")) << text;
  }
}

TEST(MathNormalTest, ASingleCharacterBehindAFractionLeavesTheText) {
  EXPECT_EQ(MathNormal("\\frac12+\\frac3"), "\\frac12+\\frac3");
  EXPECT_EQ(MathNormal("\\frac12+\\frac34"), "\\frac{1}{2}+\\frac{3}{4}");
  EXPECT_EQ(MathNormal("\\frac\u03C0é"), "\\frac{\u03C0}{é}");
}

}  // namespace
}  // namespace mdrl
