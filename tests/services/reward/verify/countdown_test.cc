#include "services/reward/verify/countdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/services/reward/verify/judge.h"

namespace mdrl {
namespace {

constexpr char kTruth[] = R"({"numbers":[25,3,7],"target":154})";

double Reward(std::string_view rubric, const std::string& text) {
  return Judge("countdown", rubric, kTruth, text).values[0];
}
double Tagged(std::string_view rubric, const std::string& answer) {
  return Reward(rubric, "<answer>" + answer + "</answer>");
}

TEST(CountdownTest, ThePublishedRulePaysForAnyTaggedAnswer) {
  EXPECT_EQ(Tagged("spg.train", " (25 - 3) * 7\n"), 1.0);
  EXPECT_EQ(Tagged("spg.train", "25 - 3 * 7"), 0.1);
  EXPECT_EQ(Tagged("spg.train", "\\boxed{(25 - 3) * 7}"), 0.1);
  EXPECT_EQ(Tagged("spg.train", "words"), 0.1);
  EXPECT_EQ(Tagged("spg.train", "(25 - 3) * 7 = 154"), 0.1);
  EXPECT_EQ(Reward("spg.train", "(25 - 3) * 7"), 0.0);
}

TEST(CountdownTest, TrainPaysATenthOnlyForTheRightNumbers) {
  EXPECT_EQ(Tagged("train", "(25 - 3) * 7"), 1.0);
  EXPECT_EQ(Tagged("train", "\\boxed{(25 - 3) \\times 7 = 154}"), 1.0);
  EXPECT_EQ(Tagged("train", "25 - 3 * 7"), 0.1);
  EXPECT_EQ(Tagged("train", "25 * 7"), 0.0);
  EXPECT_EQ(Tagged("train", "154"), 0.0);
  EXPECT_EQ(Reward("bare", "(25 - 3) * 7<|endoftext|>"), 1.0);
  EXPECT_EQ(Judge("countdown", "train", kTruth, "").outcome,
            Outcome::kUnparsable);
}

TEST(CountdownTest, TheEvaluationReadsBoxesSignsAndLeftSides) {
  const auto eval = [](std::string_view text) {
    return Judge("countdown", "eval", kTruth, text);
  };
  EXPECT_EQ(eval("\\boxed{(25 - 3) \\cdot 7}").correct, true);
  EXPECT_EQ(eval("so \\boxed{x (25 - 3) * 7 = 154}").extracted, "(25 - 3) * 7");
  // Without a box the whole text is the answer, tags or not.
  EXPECT_EQ(eval("(25 - 3) * 7").correct, true);
  EXPECT_EQ(eval("<answer>(25 - 3) * 7</answer>").correct, false);
  EXPECT_EQ(eval("\\boxed{ <answer>(25 - 3) * 7</answer>").correct, true);
  EXPECT_EQ(eval("\\boxed{25 - 3 * 7}").correct, false);
}

TEST(CountdownTest, NumbersAreCountedAsOftenAsGiven) {
  const char kTwice[] = R"({"numbers":[5,5,1],"target":11})";
  const auto train = [&kTwice](std::string_view text) {
    return Judge("countdown", "bare", kTwice, text).values[0];
  };
  EXPECT_EQ(train("5+5+1"), 1.0);
  EXPECT_EQ(train("5+1+5"), 1.0);
  EXPECT_EQ(train("5+1+1"), 0.0);
  EXPECT_EQ(train("5+5+1+0"), 0.0);
}

}  // namespace
}  // namespace mdrl
