#include "common/text/unicode.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "common/text/byte_alphabet.h"
#include "common/text/utf8.h"

namespace mdrl {
namespace {

TEST(UnicodeTest, WhiteSpaceIsUnicodesProperty) {
  for (const char32_t c : U"\t\n\v\f\r \u0085\u00A0\u1680\u2003\u2028\u3000") {
    if (c != 0) {
      EXPECT_TRUE(IsWhiteSpace(c)) << static_cast<int>(c);
    }
  }
  for (const char32_t c : U"a\x1C\u180E\u200B\uFEFF") {
    EXPECT_FALSE(IsWhiteSpace(c)) << static_cast<int>(c);
  }
}

TEST(UnicodeTest, WordCharactersAreLettersMarksDigitsAndConnectors) {
  for (const char32_t c : std::u32string(U"aZ9_é你\u0301\u200D\u24B6")) {
    EXPECT_TRUE(IsWordCharacter(c)) << static_cast<int>(c);
  }
  for (const char32_t c : std::u32string(U" -.²\u00A0😀")) {
    EXPECT_FALSE(IsWordCharacter(c)) << static_cast<int>(c);
  }
}

TEST(UnicodeTest, StrippingTakesWhatPythonTakes) {
  EXPECT_EQ(StripLikePython(" \n a b\x1C\xC2\x85\xE3\x80\x80"), "a b");
  EXPECT_EQ(StripLikePython("\xE2\x80\x8B x"), "\xE2\x80\x8B x");  // U+200B
  EXPECT_EQ(StripLikePython(" \t"), "");
  EXPECT_EQ(StripLikePython(""), "");
  EXPECT_EQ(StripLikePython(" \xFF "), "\xFF");
}

TEST(ByteAlphabetTest, EveryByteHasOnePrintableCharacter) {
  std::string bytes;
  for (int b = 0; b < 256; ++b) bytes += static_cast<char>(b);
  const std::string spelled = SpellBytes(bytes);
  EXPECT_EQ(ToCodePoints(spelled).size(), 256u);
  EXPECT_EQ(UnspellBytes(spelled), bytes);
  EXPECT_EQ(SpellBytes(" a\n"), "ĠaĊ");
}

TEST(ByteAlphabetTest, WhatIsNotInTheAlphabetHasNoBytes) {
  EXPECT_EQ(UnspellBytes("a b"), std::nullopt);
  EXPECT_EQ(UnspellBytes("你"), std::nullopt);
  EXPECT_EQ(UnspellBytes("\xFF"), std::nullopt);
}

}  // namespace
}  // namespace mdrl
