#include "common/tasks/score_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace mdrl {
namespace {

using ::testing::HasSubstr;

TEST(ScoreLinesTest, GroundTruthsBecomeTheTruthOfTheirTask) {
  const auto truth = [](std::string_view task, std::string_view question,
                        std::string_view given) {
    const auto out = TruthOfPublished(task, question, given);
    return out.ok() ? *out : std::string(out.status().message());
  };
  EXPECT_EQ(truth("gsm8k", "", "18.0"), R"({"answer":"18"})");
  EXPECT_EQ(truth("gsm8k", "", "2.5"), R"({"answer":"2.5"})");
  EXPECT_EQ(truth("gsm8k", "", "1450000.0"), R"({"answer":"1450000"})");
  EXPECT_EQ(truth("gsm8k", "", "null"), R"({"answer":null})");
  EXPECT_EQ(truth("math", "", R"("\\frac12")"), R"({"answer":"\\frac12"})");
  EXPECT_EQ(truth("countdown", "", "[[3,4],7]"),
            R"({"numbers":[3,4],"target":7})");
  EXPECT_EQ(truth("countdown", "Numbers: [3, 4]\nTarget: 7", "null"),
            R"({"numbers":[3,4],"target":7})");
  EXPECT_EQ(truth("sudoku4",
                  "Solve the following Sudoku puzzle: "
                  "4320004330100004\n",
                  R"("4321124334122134")"),
            R"({"puzzle":"4320004330100004","solution":"4321124334122134"})");
  EXPECT_EQ(truth("sudoku4", "4320004330100004", R"("4321124334122134")"),
            R"({"puzzle":"4320004330100004","solution":"4321124334122134"})");
  EXPECT_EQ(truth("chess", "", R"({"mate":"Qh7"})"), R"({"mate":"Qh7"})");
  EXPECT_THAT(truth("gsm8k", "", "[]"), HasSubstr("a number or null"));
  EXPECT_THAT(truth("countdown", "Target: 7", "7"), HasSubstr("question"));
  EXPECT_THAT(truth("sudoku4", "no puzzle", R"("4321")"), HasSubstr("puzzle"));
}

TEST(ScoreLinesTest, RubricsThatNobodyNamed) {
  const std::vector<std::string> many = {"bare", "eval", "spg.train", "train"};
  EXPECT_EQ(DefaultRubric(many), "spg.train");
  EXPECT_EQ(VerdictRubric(many, "bare"), "eval");
  const std::vector<std::string> two = {"bare", "train"};
  EXPECT_EQ(DefaultRubric(two), "train");
  EXPECT_EQ(VerdictRubric(two, "train"), "train");
  const std::vector<std::string> one = {"rules"};
  EXPECT_EQ(DefaultRubric(one), "rules");
  EXPECT_EQ(DefaultRubric({}), "");
}

absl::StatusOr<Score> Fixed(const std::string& rubric, const std::string&,
                            const std::string& text) {
  if (text == "down") return absl::UnavailableError("nobody there");
  Score score;
  score.outcome = Outcome::kScored;
  score.reward = 0.5;
  score.components = {{rubric, 0.25, 2.0}, {"seen", 3.0, 0.0}};
  score.extracted = text;
  score.correct = rubric == "eval";
  return score;
}

TEST(ScoreLinesTest, VerdictsAreTheEvaluationsAndRewardsTheRubrics) {
  const auto scored = ScoreLines(
      {.task = "chess", .rubric = "mine", .verdict = "eval"},
      R"({"question":"q","ground_truth":{},"generation":"Qh7"})", "in", Fixed);
  ASSERT_TRUE(scored.ok()) << scored.status();
  EXPECT_EQ(
      scored->lines,
      "{\"extracted\":\"Qh7\",\"correct\":true,\"rewards\":{\"mine\":0.25}}"
      "\n");
  EXPECT_EQ(scored->summary.correct, 1u);
}

TEST(ScoreLinesTest, AFailureOfTheScorerNamesTheLine) {
  const auto scored = ScoreLines(
      {.task = "chess", .rubric = "mine", .verdict = "mine"},
      "{\"text\":\"a\",\"truth\":1}\n{\"text\":\"down\",\"truth\":1}", "in",
      Fixed);
  EXPECT_EQ(scored.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(scored.status().message()), HasSubstr("in:2: "));
}

}  // namespace
}  // namespace mdrl
