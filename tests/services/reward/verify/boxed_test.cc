#include "services/reward/verify/boxed.h"

#include <gtest/gtest.h>

#include <string>

namespace mdrl {
namespace {

TEST(LastBoxedTest, BracesAreBalancedAndTheLastBoxCounts) {
  EXPECT_EQ(LastBoxed("\\boxed{1} \\boxed{\\frac{1}{2}}."), "\\frac{1}{2}");
  EXPECT_EQ(LastBoxed("\\boxed{}"), "");
  EXPECT_EQ(LastBoxed("\\boxed{1} \\boxed{2"), std::nullopt);
  EXPECT_EQ(LastBoxed("\\boxed"), std::nullopt);
}

TEST(LastBoxedTest, TheCornersAreThePublishedOnes) {
  EXPECT_EQ(LastBoxed("nothing"), "nothing");
  EXPECT_EQ(LastBoxed(""), "");
  EXPECT_EQ(LastBoxed("\\boxed{1} is \\boxed 2$ or \\boxed{3}"), "2");
  EXPECT_EQ(LastBoxed("\\boxed 5"), "5");
  EXPECT_EQ(LastBoxed("\\fbox{5} x"), "\\fbox{5}");
  EXPECT_EQ(LastBoxed("\\boxed\n{5}"), "\\boxed\n{5}");
  EXPECT_EQ(LastBoxed("\\boxed}{5}}{6}"), std::nullopt);
  EXPECT_EQ(LastBoxed("\\boxed}{{5}}"), "\\boxed}{{5}");
}

TEST(LastClosedBoxTest, HasNoCorners) {
  EXPECT_EQ(LastClosedBox("\\boxed{1} \\boxed{2"), "1");
  EXPECT_EQ(LastClosedBox("\\boxed 5"), std::nullopt);
  EXPECT_EQ(LastClosedBox("\\boxed{a\\boxed{b}}"), "a\\boxed{b}");
  EXPECT_EQ(LastClosedBox(""), std::nullopt);
}

TEST(ShortBoxesTest, EachEndsAtTheNextBraceOfItsLine) {
  ShortBoxes boxes("\\boxed{1} \\boxed{\\frac{2}{3}} \\boxed{4\n} \\boxed{5");
  EXPECT_EQ(boxes.Next(), "1");
  EXPECT_EQ(boxes.Next(), "\\frac{2");
  EXPECT_EQ(boxes.Next(), std::nullopt);
  EXPECT_EQ(boxes.Next(), std::nullopt);
}

}  // namespace
}  // namespace mdrl
