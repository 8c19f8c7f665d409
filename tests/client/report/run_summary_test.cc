#include "client/report/run_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mdrl {
namespace {

using ::testing::HasSubstr;

constexpr char kSummary[] = R"({"task":"sudoku4","seed":0,"rounds":40,
  "steps":80,"versions":41,"tokens_generated":61440,"wall_seconds":38.4,
  "evals":[{"round":0,"version":0,"n":256,"solved":0.297,"cells":0.795,
            "seconds":1.2},
           {"round":40,"version":40,"n":256,"solved":0.8125,"cells":0.955,
            "seconds":1.1}],
  "examples":[{"prompt":"<bos>0310200404001043<sep>",
               "before":"4312213434211244","after":"4312213434211243",
               "truth":"{\"puzzle\":\"0310200404001043\",\"solution\":\"4312213434211243\"}"}]})";

TEST(RunSummaryTest, TheTableShowsBeforeAndAfterAndAnExample) {
  const auto summary = ParseRunSummary(kSummary);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(SummaryTable(*summary, /*color=*/false),
            "\n"
            "                before     after\n"
            "  solved        29.7 %    81.2 %    of 256 test puzzles\n"
            "  cells         79.5 %    95.5 %\n"
            "\n"
            "  rounds 40   steps 80   tokens 61,440   time 38 s\n"
            "\n"
            "  puzzle      before      after\n"
            "  . 3 1 .     4 3 1 2     4 3 1 2\n"
            "  2 . . 4     2 1 3 4     2 1 3 4\n"
            "  . 4 . .     3 4 2 1     3 4 2 1\n"
            "  1 . 4 3     1 2 4 4     1 2 4 3\n"
            "              wrong       right\n");
}

TEST(RunSummaryTest, ShortAnswersStandOnOneLine) {
  RunSummary summary;
  summary.examples = {
      {"<bos>3120<sep>", "3120", "0123", R"({"digits":"3120"})"}};
  EXPECT_THAT(SummaryTable(summary, false),
              HasSubstr("  3120   before 3120 wrong   after 0123 right\n"));
  EXPECT_THAT(SummaryTable(summary, true), HasSubstr("\033[32m0123\033[0m"));
}

TEST(RunSummaryTest, WhatTheModelWritesMayBeAnything) {
  RunSummary summary;
  summary.examples = {{"<bos>0310200404001043<sep>", "12", "", "not JSON"}};
  EXPECT_THAT(SummaryTable(summary, true), HasSubstr("  . 3 1 .     1 2"));
  summary.examples[0].before = "\xef\xbf\xbd\n";
  EXPECT_THAT(SummaryTable(summary, true), HasSubstr("  . 3 1 .     ? ? ? ?"));
}

TEST(RunSummaryTest, MissingNumbersAreZeroAndNonsenseIsRefused) {
  EXPECT_EQ(ParseRunSummary(R"({"rounds":"many","evals":[3]})")->rounds, 0u);
  EXPECT_FALSE(ParseRunSummary("[]").ok());
  EXPECT_FALSE(ParseRunSummary("").ok());
}

TEST(RunSummaryTest, LongTimesAreInMinutes) {
  RunSummary summary;
  summary.wall_seconds = 605.0;
  EXPECT_THAT(SummaryTable(summary, false), HasSubstr("time 10 min 05 s"));
}

}  // namespace
}  // namespace mdrl
