#include "common/tasks/test_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <set>

#include "common/tasks/sudoku4.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(std::string_view text) {
  const auto set = ParseTestSet(text, "sudoku4", "t.csv");
  return set.ok() ? "" : std::string(set.status().message());
}

TEST(TestSetTest, CsvAndJsonLinesGiveTheSamePrompts) {
  const auto csv = ParseTestSet(
      "\xEF\xBB\xBFPuzzle,Solution\r\n0310200404001043,4312213434211243\r\n",
      "sudoku4", "t");
  const auto json = ParseTestSet(
      R"({"puzzle":"0310200404001043","solution":"4312213434211243"})",
      "sudoku4", "t");
  const auto filled =
      ParseTestSet(R"({"puzzle":"0310200404001043"})", "sudoku4", "t");
  ASSERT_TRUE(csv.ok()) << csv.status();
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(csv->prompts, json->prompts);
  EXPECT_EQ(csv->prompts, filled->prompts);
  EXPECT_EQ(csv->prompts[0].turns[0].text, "<bos>0310200404001043<sep>");
  EXPECT_EQ(csv->prompts[0].id, "1");
}

TEST(TestSetTest, BadLinesAreNamed) {
  const std::string head = "Puzzle,Solution\n0310200404001043,";
  EXPECT_THAT(ErrorOf("0310200404001043,4312213434211243\n"),
              HasSubstr("t.csv:1: neither"));
  EXPECT_THAT(ErrorOf("Puzzle,Solution\n"), HasSubstr("t.csv: there is no"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("there is no"));
  EXPECT_THAT(ErrorOf(head + "4312213434211234\n"),
              HasSubstr("t.csv:2: solution 4312213434211234 does not"));
  EXPECT_THAT(ErrorOf("Puzzle,Solution\n12,34\n"),
              HasSubstr("t.csv:2: puzzle: \"12\" is not 16 digits"));
  EXPECT_THAT(ErrorOf("Puzzle,Solution\n1100000000000000,\n"),
              HasSubstr("has no solution"));
  EXPECT_THAT(ErrorOf("Puzzle,Solution\n0310200404001043\n"),
              HasSubstr("comma"));
  EXPECT_THAT(ErrorOf("{\"puzzle\":1}"), HasSubstr("\"puzzle\""));
}

TEST(TestSetTest, SeveralSolutionsAreCounted) {
  const auto set = ParseTestSet(
      "Puzzle,Solution\n0000000000000000,4312213434211243\n", "sudoku4", "t");
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set->several_solutions, 1u);
}

TEST(TestSetTest, SortReadsDigits) {
  EXPECT_EQ(ParseTestSet(R"({"digits":"3141"})", "sort", "t")
                ->prompts[0]
                .turns[0]
                .text,
            "<bos>3141<sep>");
}

TEST(TestSetTest, RandomBytesNeverCrash) {
  std::mt19937 random(4);
  const std::string alphabet = "Puzzle,Soltn01234\n\r{}\":\xEF\xBB ";
  for (int round = 0; round < 3000; ++round) {
    std::string text = round % 2 == 0 ? "Puzzle,Solution\n" : "";
    for (int i = random() % 60; i > 0; --i) {
      text += alphabet[random() % alphabet.size()];
    }
    ParseTestSet(text, "sudoku4", "t").status().IgnoreError();
  }
}

// The held-out grids are exactly the solutions of the public test set.
TEST(TestSetTest, PublicTestSetIsTheHeldOutSplit) {
  const std::filesystem::path file = "../shared/data/sudoku4_test_spg.csv";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is absent";
  const auto set = ReadTestSet(file, "sudoku4");
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->prompts.size(), 256u);
  EXPECT_EQ(set->several_solutions, 0u);
  std::set<Sudoku4> solutions;
  for (const Prompt& prompt : set->prompts) {
    solutions.insert(ParseSudoku4Truth(prompt.truth)->solution);
  }
  const auto held_out = Sudoku4GridsOf(Split::kTest);
  EXPECT_EQ(solutions, std::set<Sudoku4>(held_out.begin(), held_out.end()));
}

}  // namespace
}  // namespace mdrl
