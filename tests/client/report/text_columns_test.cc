#include "client/report/text_columns.h"

#include <gtest/gtest.h>

namespace mdrl {
namespace {

TEST(TextColumnsTest, CountsCharactersNotBytesAndNoColours) {
  EXPECT_EQ(Columns("▁▂a"), 3u);
  EXPECT_EQ(Columns("\033[31mred\033[0m"), 3u);
}

TEST(TextColumnsTest, CutsWhatIsTooLongAndSaysSo) {
  EXPECT_EQ(Fit("abcdef", 6), "abcdef");
  EXPECT_EQ(Fit("abcdef", 5), "abc..");
  EXPECT_EQ(Fit("▁▂▃▄▅", 4), "▁▂..");
  EXPECT_EQ(Fit("abcdef", 1), ".");
  EXPECT_EQ(Fit("abcdef", 0), "");
}

TEST(TextColumnsTest, ACutEndsTheColour) {
  EXPECT_EQ(Fit("\033[31mabcdef\033[0m", 5), "\033[31mabc\033[0m..");
  EXPECT_EQ(Fit("\033[31mab\033[0m", 5), "\033[31mab\033[0m");
}

TEST(TextColumnsTest, ControlCharactersCannotMoveTheCursor) {
  EXPECT_EQ(Fit("a\033[2Jb\nc\r", 20), "a?[2Jb?c?");
}

TEST(TextColumnsTest, BytesThatAreNoTextAreCountedOneByOne) {
  EXPECT_EQ(Columns("\xff\xff"), 2u);
  EXPECT_EQ(Columns("\x80\x80"), 1u);
}

TEST(TextColumnsTest, PadsToTheWidth) {
  EXPECT_EQ(Pad("▁", 3), "▁  ");
  EXPECT_EQ(Pad("abcd", 3), "a..");
}

}  // namespace
}  // namespace mdrl
