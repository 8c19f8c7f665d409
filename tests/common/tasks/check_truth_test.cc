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

TEST(CheckTruthTest, RefusesByField) {
  EXPECT_THAT(ErrorOf("chess", "{}"), HasSubstr("sort, sudoku4"));
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
