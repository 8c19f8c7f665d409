#include "common/tasks/check_truth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mdrl {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(std::string_view task, std::string_view truth) {
  const auto check = CheckTruth(task, truth);
  return check.ok() ? "" : std::string(check.status().message());
}

TEST(CheckTruthTest, AcceptsWhatItsTaskCanScore) {
  const auto unique = CheckTruth(
      "sudoku4",
      R"({"puzzle":"0310200404001043","solution":"4312213434211243"})");
  ASSERT_TRUE(unique.ok()) << unique.status();
  EXPECT_FALSE(unique->several_solutions);
  EXPECT_TRUE(CheckTruth("sort", R"({"digits":"3141"})").ok());
}

TEST(CheckTruthTest, SeveralSolutionsAreSaidNotRefused) {
  const auto several = CheckTruth(
      "sudoku4",
      R"({"puzzle":"0000000000000000","solution":"4312213434211243"})");
  ASSERT_TRUE(several.ok());
  EXPECT_TRUE(several->several_solutions);
  EXPECT_FALSE(MakeSudoku4Truth("0000000000000000", "").ok());
  EXPECT_EQ(ToText(MakeSudoku4Truth("0310200404001043", "")->solution),
            "4312213434211243");
}

TEST(CheckTruthTest, OfAnUnknownTaskOnlyThatItIsJsonIsChecked) {
  const auto unknown = CheckTruth("chess", R"({"mate":"Qh7"})");
  ASSERT_TRUE(unknown.ok());
  EXPECT_TRUE(unknown->unknown_task);
  EXPECT_THAT(ErrorOf("chess", "{"), HasSubstr("JSON"));
  EXPECT_FALSE(CheckTruth("sort", R"({"digits":"3141"})")->unknown_task);
}

TEST(CheckTruthTest, AnswersAreOfTheirTasksKind) {
  EXPECT_TRUE(CheckTruth("gsm8k", R"({"answer":"1,600"})").ok());
  EXPECT_THAT(ErrorOf("gsm8k", R"({"answer":"many"})"), HasSubstr("number"));
  EXPECT_THAT(ErrorOf("gsm8k", R"({"answer":null})"), HasSubstr("null"));
  EXPECT_THAT(ErrorOf("gsm8k", R"({"answer":18})"), HasSubstr("\"answer\""));
  EXPECT_TRUE(CheckTruth("math", R"({"answer":"\\frac12"})").ok());
  EXPECT_TRUE(CheckTruth("exact_match", R"({"answer":"yes"})").ok());
  EXPECT_THAT(ErrorOf("exact_match", "{}"), HasSubstr("\"answer\""));
  EXPECT_TRUE(CheckTruth("numeric", R"({"answer":"3/4"})").ok());
  EXPECT_TRUE(CheckTruth("numeric", R"({"answer":1,"tolerance":0.5})").ok());
  EXPECT_THAT(ErrorOf("numeric", R"({"answer":"x"})"), HasSubstr("number"));
  EXPECT_THAT(ErrorOf("numeric", R"({"answer":1,"tolerance":-1})"),
              HasSubstr("at least 0"));
}

TEST(CheckTruthTest, CountdownHoldsNumbersAndATarget) {
  EXPECT_TRUE(
      CheckTruth("countdown", R"({"numbers":[3,25.0,7],"target":154})").ok());
  for (const char* numbers : {"[]", "3", "[1,2,3,4,5,6,7,8,9]"}) {
    EXPECT_THAT(ErrorOf("countdown", std::string(R"({"target":1,"numbers":)") +
                                         numbers + "}"),
                HasSubstr("\"numbers\""));
  }
  EXPECT_THAT(ErrorOf("countdown", R"({"numbers":[-1],"target":1})"),
              HasSubstr("whole number"));
  EXPECT_THAT(ErrorOf("countdown", R"({"numbers":[1],"target":1.5})"),
              HasSubstr("\"target\""));
}

TEST(CheckTruthTest, RefusesByField) {
  EXPECT_THAT(ErrorOf("sudoku4", "{"), HasSubstr("JSON"));
  EXPECT_THAT(ErrorOf("sudoku4", "{}"), HasSubstr("\"puzzle\""));
  EXPECT_THAT(ErrorOf("sudoku4", R"({"puzzle":"12","solution":"1"})"),
              HasSubstr("16 digits"));
  EXPECT_THAT(
      ErrorOf("sudoku4",
              R"({"puzzle":"1100000000000000","solution":"4312213434211243"})"),
      HasSubstr("no solution"));
  EXPECT_THAT(
      ErrorOf("sudoku4",
              R"({"puzzle":"0310200404001043","solution":"4312213434211234"})"),
      HasSubstr("does not solve"));
  EXPECT_THAT(ErrorOf("sort", R"({"digits":31})"), HasSubstr("\"digits\""));
  EXPECT_THAT(ErrorOf("sort", R"({"digits":"314x"})"), HasSubstr("digits: "));
}

}  // namespace
}  // namespace mdrl
