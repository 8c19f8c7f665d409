#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/format/file.h"
#include "services/reward/command/score.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

constexpr char kLines[] =
    R"({"id":"a","text":"1134","truth":{"digits":"3141"}})"
    "\n"
    R"({"text":"?","truth":"{\"digits\":\"3141\"}"})"
    "\n";

TEST(ScoreCommandTest, ScoresLineByLineWithASummary) {
  const auto scored = ScoreLines({.task = "sort"}, kLines, "in");
  ASSERT_TRUE(scored.ok()) << scored.status();
  EXPECT_EQ(
      ToText(scored->summary),
      "2 scored  1 correct  mean reward 0.5000  unparsable 1  cells 4 of 8");
  const auto first =
      nlohmann::json::parse(scored->lines.substr(0, scored->lines.find('\n')));
  EXPECT_EQ(first["id"], "a");
  EXPECT_EQ(first["outcome"], "scored");
  EXPECT_EQ(first["reward"], 1.0);
  EXPECT_EQ(first["correct"], true);
  EXPECT_EQ(first["components"]["correct_cells"], 4.0);
}

TEST(ScoreCommandTest, ErrorsNameLineOrName) {
  const auto error = [](const ScoreCommand& command, std::string_view text) {
    return std::string(ScoreLines(command, text, "in").status().message());
  };
  EXPECT_THAT(error({.task = "sort"}, std::string(kLines) + "{}"),
              HasSubstr("in:3: "));
  EXPECT_THAT(error({.task = "sort"}, R"({"text":"1","truth":{}})"),
              HasSubstr("in:1: "));
  EXPECT_THAT(error({.task = "sort"}, ""), HasSubstr("nothing to score"));
  EXPECT_THAT(error({.task = "sudoku4", .rubric = "best"}, kLines),
              HasSubstr("bare, d1.train, eval"));
  EXPECT_THAT(error({.task = "math"}, R"({"question":"","generation":"1"})"),
              HasSubstr("in:1: must hold \"ground_truth\""));
  EXPECT_THAT(error({.task = "chess"}, kLines), HasSubstr("sort, sudoku4"));
}

TEST(ScoreCommandTest, WritesNothingUnlessAllIsScored) {
  const std::filesystem::path folder = ::testing::TempDir();
  const std::string in = folder / "score_in.jsonl";
  const std::string out = folder / "score_out.jsonl";
  std::filesystem::remove(out);
  ASSERT_TRUE(WriteFileAtomically(in, std::string(kLines) + "x\n").ok());
  EXPECT_FALSE(ScoreFile({.task = "sort"}, in, out).ok());
  EXPECT_FALSE(std::filesystem::exists(out));
  ASSERT_TRUE(WriteFileAtomically(in, kLines).ok());
  EXPECT_EQ(ScoreFile({.task = "sort"}, in, out)->scored, 2u);
  EXPECT_EQ(ScoreFile({.task = "sort"}, "no/file", out).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace mdrl
