#include "common/text/utf8.h"

#include <gtest/gtest.h>

#include <random>

namespace mdrl {
namespace {

TEST(Utf8Test, RoundTripsEveryLength) {
  const std::string text = "a\xC3\xA9\xE4\xBD\xA0\xF0\x9F\x98\x80";
  EXPECT_EQ(ToCodePoints(text), U"aé你😀");
  EXPECT_EQ(ToUtf8(ToCodePoints(text)), text);
}

TEST(Utf8Test, WhatIsNoCodePointIsReplacedByteByByte) {
  EXPECT_EQ(ToCodePoints("\xC0\x80"), U"\uFFFD\uFFFD");    // overlong
  EXPECT_EQ(ToCodePoints("\xED\xA0\x80").size(), 3u);      // a surrogate
  EXPECT_EQ(ToCodePoints("\xF4\x90\x80\x80").size(), 4u);  // above 10FFFF
  EXPECT_EQ(ToCodePoints("a\xE4\xBD"), U"a\uFFFD\uFFFD");  // cut short
}

TEST(Utf8Test, RandomBytesNeverCrash) {
  std::mt19937 random(2);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 16, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const std::u32string points = ToCodePoints(bytes);
    EXPECT_EQ(ToCodePoints(ToUtf8(points)), points);
  }
}

}  // namespace
}  // namespace mdrl
