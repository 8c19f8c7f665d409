// The tasks whose truth is an answer: gsm8k, math, exact_match, numeric.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/services/reward/verify/judge.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;

constexpr char kEighteen[] = R"({"answer":"18"})";

TEST(Gsm8kTest, PublishedTermsCompareLetterByLetter) {
  const char kText[] =
      "<reasoning>\nx\n</reasoning>\n<answer>\n18\n</answer>\n";
  const Verdict verdict = Judge("gsm8k", "spg.train", kEighteen, kText);
  EXPECT_NEAR(verdict.values[0], 0.487, 1e-12);
  EXPECT_EQ(verdict.values[1], 0.0);
  EXPECT_EQ(verdict.values[2], 0.5);
  EXPECT_EQ(verdict.values[3], 0.5);
  EXPECT_EQ(verdict.values[4], 2.0);
  const char kGold[] = R"({"answer":"1,600"})";
  EXPECT_EQ(Judge("gsm8k", "spg.train", kGold, "<answer>1600").values[4], 0.0);
  EXPECT_EQ(Judge("gsm8k", "spg.train", kGold, "<answer>1,600").values[4], 2.0);
}

TEST(Gsm8kTest, TrainPaysForWhatWasMeant) {
  const char kText[] =
      "<reasoning>\nx\ny\n</reasoning>\n<answer>\n\\boxed{$1,600}\n</answer>"
      "<|eot_id|><|endoftext|>";
  EXPECT_THAT(Judge("gsm8k", "train", R"({"answer":"1,600"})", kText).values,
              ElementsAre(0.5, 0.5, 0.5, 0.5, 2.0));
  EXPECT_THAT(Judge("gsm8k", "train", kEighteen, "18").values,
              ElementsAre(0, 0, 0, 0, 0));
  EXPECT_EQ(Judge("gsm8k", "train", kEighteen, "18").outcome,
            Outcome::kUnparsable);
  EXPECT_EQ(Judge("gsm8k", "train", kEighteen, "<answer>18.0</answer>").correct,
            true);
}

TEST(Gsm8kTest, TheEvaluationTakesTheFirstBoxThenTags) {
  const auto extracted = [](std::string_view text) {
    return Judge("gsm8k", "eval", kEighteen, text).extracted;
  };
  EXPECT_EQ(extracted("\\boxed{...} \\boxed{\\$18} \\boxed{5}"), "18");
  EXPECT_EQ(extracted("<answer>2 or 18</answer>"), "18");
  EXPECT_EQ(extracted("so 3 <answer> 18 eggs"), "18");
  EXPECT_EQ(extracted("none"), "");
  EXPECT_EQ(Judge("gsm8k", "eval", kEighteen, "\\boxed{18.0}").correct, true);
  EXPECT_EQ(Judge("gsm8k", "eval", kEighteen, "").outcome,
            Outcome::kUnparsable);
}

TEST(Gsm8kTest, WithoutAGoldAnswerNothingIsRight) {
  for (const char* rubric : {"spg.train", "d1.train", "train", "eval"}) {
    EXPECT_EQ(Judge("gsm8k", rubric, R"({"answer":null})", "").correct, false);
  }
}

constexpr char kHalf[] = R"({"answer":"\\frac{1}{2}"})";

TEST(MathTest, ThePublishedFormatTermNeverSeesABox) {
  EXPECT_THAT(
      Judge("math", "spg.train", kHalf, "<answer>\\boxed{\\frac12}</answer>")
          .values,
      ElementsAre(2.0, 0.75));
  EXPECT_THAT(Judge("math", "d1.train", kHalf, "\\boxed{1/3}").values,
              ElementsAre(0.0, 0.25));
  EXPECT_THAT(
      Judge("math", "train", kHalf, "<answer>\\boxed{0.5}</answer>").values,
      ElementsAre(2.0, 1.0));
  EXPECT_THAT(Judge("math", "train", kHalf, "<answer>0.5</answer>").values,
              ElementsAre(2.0, 0.75));
  EXPECT_THAT(Judge("math", "train", kHalf, "").values, ElementsAre(0.0, 0.25));
}

TEST(MathTest, TheEvaluationFallsBackToTheTags) {
  EXPECT_EQ(Judge("math", "eval", kHalf, "\\boxed{\\dfrac12}").correct, true);
  EXPECT_EQ(
      Judge("math", "eval", kHalf, "\\boxed{}<answer>1/2</answer>").correct,
      true);
  EXPECT_EQ(Judge("math", "eval", kHalf, "\\boxed{1").outcome,
            Outcome::kUnparsable);
}

TEST(ExactMatchTest, WhiteSpaceAndEndTokensAreAside) {
  const char kTruth[] = R"({"answer":"yes "})";
  EXPECT_EQ(Judge("exact_match", "bare", kTruth, "\nyes<|eot_id|>").correct,
            true);
  EXPECT_EQ(Judge("exact_match", "bare", kTruth, "Yes").correct, false);
  EXPECT_EQ(
      Judge("exact_match", "train", kTruth, "no <answer>yes</answer>").correct,
      true);
  EXPECT_EQ(Judge("exact_match", "train", kTruth, "yes").outcome,
            Outcome::kUnparsable);
}

TEST(NumericTest, ATolerancesWidthCountsAsEqual) {
  const char kTruth[] = R"({"answer":"3/4","tolerance":0.01})";
  EXPECT_EQ(Judge("numeric", "bare", kTruth, " 0.755 ").correct, true);
  EXPECT_EQ(Judge("numeric", "bare", kTruth, "0.77").correct, false);
  EXPECT_EQ(Judge("numeric", "bare", kTruth, "about 0.75").outcome,
            Outcome::kUnparsable);
  EXPECT_EQ(Judge("numeric", "train", kTruth, "<answer>\\boxed{3/4}</answer>")
                .correct,
            true);
}

}  // namespace
}  // namespace mdrl
