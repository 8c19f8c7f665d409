// The expectations are what tokenizers 0.21 gives for the same tokens.
#include "common/text/added_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using Parts = std::vector<std::pair<int32_t, std::string>>;

AddedToken Token(const std::string& text, int32_t id) {
  AddedToken token;
  token.text = text;
  token.id = id;
  return token;
}

Parts Split(const AddedTokens& tokens, const std::string& text) {
  std::vector<AddedTokens::Part> parts;
  tokens.Split(text, &parts);
  Parts out;
  for (const auto& part : parts) out.emplace_back(part.id, part.text);
  return out;
}

TEST(AddedTokensTest, TheLeftmostAndThenTheLongestMatchWins) {
  const AddedTokens tokens({Token("<a>", 0), Token("<a>b", 1), Token("b<", 2)});
  EXPECT_EQ(Split(tokens, "<a>b<a>xb<"),
            (Parts{{1, "<a>b"}, {0, "<a>"}, {-1, "x"}, {2, "b<"}}));
  EXPECT_EQ(Split(tokens, "none"), (Parts{{-1, "none"}}));
  EXPECT_EQ(Split(tokens, ""), Parts{});
  EXPECT_EQ(Split(AddedTokens(), "x"), (Parts{{-1, "x"}}));
}

TEST(AddedTokensTest, ASingleWordTouchesNoLetterDigitOrMark) {
  AddedToken word = Token("ww", 7);
  word.single_word = true;
  const AddedTokens tokens({word});
  EXPECT_EQ(Split(tokens, "ww -ww-"),
            (Parts{{7, "ww"}, {-1, " -"}, {7, "ww"}, {-1, "-"}}));
  for (const char* text : {"xww", "ww9", "ww_", "éww", "ww\u0301"}) {
    EXPECT_EQ(Split(tokens, text), (Parts{{-1, text}}));
  }
}

TEST(AddedTokensTest, StrippingTokensSwallowTheSpaceBesideThem) {
  AddedToken left = Token("<l>", 1);
  left.lstrip = true;
  AddedToken right = Token("<r>", 2);
  right.rstrip = true;
  const AddedTokens tokens({left, right});
  EXPECT_EQ(Split(tokens, "x \u00A0<l> y"),
            (Parts{{-1, "x"}, {1, " \u00A0<l>"}, {-1, " y"}}));
  EXPECT_EQ(Split(tokens, "<r> \n y"), (Parts{{2, "<r> \n "}, {-1, "y"}}));
  // What one has taken the next leaves alone.
  EXPECT_EQ(Split(tokens, "<r>  <l>  x"),
            (Parts{{2, "<r>  "}, {1, "<l>"}, {-1, "  x"}}));
}

}  // namespace
}  // namespace mdrl
