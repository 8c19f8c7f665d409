#include "common/tasks/answer_truth.h"

#include <gtest/gtest.h>

namespace mdrl {
namespace {

TEST(PlainNumberTest, ReadsWhatPeopleWrite) {
  EXPECT_EQ(ParsePlainNumber("18"), 18.0);
  EXPECT_EQ(ParsePlainNumber(" $1,450,000.5 "), 1450000.5);
  EXPECT_EQ(ParsePlainNumber("-0.5"), -0.5);
  EXPECT_EQ(ParsePlainNumber("3/4"), 0.75);
  EXPECT_EQ(ParsePlainNumber("-1,000 / 8"), -125.0);
  EXPECT_EQ(ParsePlainNumber("1e3"), 1000.0);
}

TEST(PlainNumberTest, AnythingElseIsNone) {
  for (const char* text :
       {"", " ", "many", "1,60", "1,600,0", ",100", "1/0", "1/2/3", "nan",
        "inf", "0x10", "1.2,345", "18 eggs", "1e999", "1,,000", "--1"}) {
    EXPECT_EQ(ParsePlainNumber(text), std::nullopt) << text;
  }
}

TEST(AnswerTruthTest, AnAnswerComesBackFromItsJson) {
  for (const char* text : {"1,600", "\\frac{1}{2}", "\"x\"\n", "é"}) {
    EXPECT_EQ(*ParseAnswerTruth(AnswerTruthJson(text)), text);
  }
}

}  // namespace
}  // namespace mdrl
