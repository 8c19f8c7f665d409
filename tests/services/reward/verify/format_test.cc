#include "services/reward/verify/format.h"

#include <gtest/gtest.h>

#include <string>

namespace mdrl {
namespace {

constexpr Dot kLine = Dot::kStaysOnLine;
constexpr Dot kLines = Dot::kCrossesLines;
constexpr char kLayout[] =
    "<reasoning>\nx\n</reasoning>\n<answer>\n4\n</answer>\n";

TEST(CountXmlTest, EachTagOnceAndLittleBehindThem) {
  // Four tags; behind "\n<answer>\n" 12 characters, one behind "</answer>".
  EXPECT_NEAR(CountXml(kLayout, XmlCount::kSpg), 0.5 - 0.012, 1e-12);
  // Nothing behind "\n</answer>\n".
  EXPECT_NEAR(CountXml(kLayout, XmlCount::kD1), 0.5, 1e-12);
  EXPECT_EQ(CountXml("", XmlCount::kSpg), 0.0);
  const std::string twice = std::string(kLayout) + kLayout;
  EXPECT_EQ(CountXml(twice, XmlCount::kSpg), 0.0);
}

TEST(CountXmlTest, CharactersAreCountedNotBytes) {
  EXPECT_NEAR(CountXml("\n</answer>\u3000\u3000\u3000", XmlCount::kSpg),
              0.125 - 0.002, 1e-12);
}

TEST(CountXmlTest, MatchesDoNotOverlap) {
  // The second tag's line break is the first one's.
  EXPECT_EQ(CountXml("\n</reasoning>\n</reasoning>\n", XmlCount::kSpg), 0.125);
  EXPECT_EQ(CountXml("\n</reasoning>\n\n</reasoning>\n", XmlCount::kSpg), 0.0);
}

TEST(CountTagsTest, EndTokensCostNothing) {
  EXPECT_EQ(CountTags(kLayout), 0.5);
  EXPECT_EQ(CountTags(std::string(kLayout) + "<|eot_id|><|endoftext|> "), 0.5);
  EXPECT_NEAR(CountTags(std::string(kLayout) + "and so on"), 0.5 - 0.009,
              1e-12);
  EXPECT_EQ(CountTags(kLayout + std::string(5000, 'x')), -0.5);
}

TEST(SoftFormatTest, SectionsAreOnOneLineUnlessDotsCross) {
  EXPECT_TRUE(
      HasSoftFormat("<reasoning>a</reasoning> \n<answer>b</answer>c", kLine));
  EXPECT_FALSE(HasSoftFormat(kLayout, kLine));
  EXPECT_TRUE(HasSoftFormat(kLayout, kLines));
  EXPECT_FALSE(
      HasSoftFormat(" <reasoning>a</reasoning><answer></answer>", kLines));
  EXPECT_FALSE(
      HasSoftFormat("<reasoning>a</reasoning>b<answer></answer>", kLines));
  // Another closing tag may be the one.
  EXPECT_TRUE(HasSoftFormat(
      "<reasoning>a</reasoning>b</reasoning><answer></answer>", kLine));
  EXPECT_TRUE(
      HasSoftFormat("<reasoning></reasoning><answer>\n</reasoning>"
                    "<answer></answer>",
                    kLines));
}

TEST(StrictFormatTest, EveryTagHasItsLine) {
  EXPECT_TRUE(HasStrictFormat(kLayout, kLine));
  EXPECT_TRUE(HasStrictFormat(std::string(kLayout) + "\n", kLine));
  EXPECT_FALSE(HasStrictFormat(std::string(kLayout) + "x", kLine));
  EXPECT_FALSE(HasStrictFormat(std::string(kLayout) + "\n\n", kLine));
  const std::string two_lines =
      "<reasoning>\nx\ny\n</reasoning>\n<answer>\n4\n</answer>\n";
  EXPECT_FALSE(HasStrictFormat(two_lines, kLine));
  EXPECT_TRUE(HasStrictFormat(two_lines, kLines));
  EXPECT_FALSE(HasStrictFormat(
      "<reasoning>\n\n</reasoning>\n<answer>\n</answer>\n", kLine));
}

}  // namespace
}  // namespace mdrl
