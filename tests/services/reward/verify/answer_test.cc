#include "services/reward/verify/answer.h"

#include <gtest/gtest.h>

#include <random>

#include "services/reward/verify/sudoku_eval_answer.h"

namespace mdrl {
namespace {

TEST(AnswerTest, PairsOfTagsAreFoundFromTheLeft) {
  EXPECT_EQ(LastTaggedAnswer("<answer>1</answer> <answer>2</answer>"), "2");
  EXPECT_EQ(LastTaggedAnswer("<answer>1<answer>2</answer>"), "1<answer>2");
  EXPECT_EQ(LastTaggedAnswer("<answer>1</answer><answer>2"), "1");
  EXPECT_EQ(LastTaggedAnswer("</answer>1<answer>"), std::nullopt);
  EXPECT_EQ(LastTaggedAnswer(""), std::nullopt);
  EXPECT_EQ(FirstTaggedAnswer("<answer>1</answer><answer>2</answer>"), "1");
}

TEST(AnswerTest, XmlAnswersNeedNoTagAtAll) {
  EXPECT_EQ(XmlAnswer("<answer>1</answer> <answer> 2 </answer>3"), "2");
  EXPECT_EQ(XmlAnswer("<answer>1</answer> <answer>2"), "2");
  EXPECT_EQ(XmlAnswer(" 1 </answer> 2"), "1");
  EXPECT_EQ(XmlAnswer("\u3000x\n"), "x");
  EXPECT_EQ(XmlAnswer("<answer>"), "");
}

TEST(AnswerTest, SpacesAndDigitsOfOtherScriptsCount) {
  EXPECT_EQ(Stripped("\u3000 1\u00A0"), "1");
  EXPECT_EQ(Stripped(" \xFF\xA0 "), "\xFF\xA0");
  EXPECT_EQ(DigitsOf("a1²\uFF12b"), "1²\uFF12");
  EXPECT_FALSE(IsDecimal(U'²'));
  EXPECT_TRUE(AllDigits("1²"));
  EXPECT_FALSE(AllDigits(""));
  EXPECT_FALSE(AllDigits("1.0"));
  EXPECT_EQ(CountCodePoints("a\u3000²"), 3u);
}

TEST(AnswerTest, ExcerptsEndBetweenCharacters) {
  EXPECT_EQ(Excerpt("short"), "short");
  const std::string long_text = std::string(255, 'x') + "\u3000";
  EXPECT_EQ(Excerpt(long_text), std::string(255, 'x'));
}

// One line per pattern of the published parser, and one between two of them.
TEST(SudokuEvalAnswerTest, TheFirstPlaceThatHoldsSomethingWins) {
  const std::u32string d = U"1234341221434321";
  EXPECT_EQ(SudokuEvalAnswer(U"<answer>x</answer> ```\n1234 3412```"),
            U"1234341200000000");
  EXPECT_EQ(SudokuEvalAnswer(U"<answer>```  ``` 99</answer>" + d),
            U"``````9900000000");
  EXPECT_EQ(SudokuEvalAnswer(U"<answer> 12 34 <|eot_id|>5</answer>"),
            U"1234000000000000");
  EXPECT_EQ(SudokuEvalAnswer(U"<answer></answer> 77 <|endoftext|>"),
            U"7700000000000000");
  EXPECT_EQ(SudokuEvalAnswer(U"x" + d + U"\n</answer>\n"), d);
  EXPECT_EQ(SudokuEvalAnswer(U"It is " + d + U"."), d);
  EXPECT_EQ(SudokuEvalAnswer(U"x" + d), U"");
  EXPECT_EQ(SudokuEvalAnswer(d + U"1"), U"");
  EXPECT_EQ(SudokuEvalAnswer(U"<answer>" + d), d);
  EXPECT_EQ(SudokuEvalAnswer(U""), U"");
}

TEST(SudokuEvalAnswerTest, RandomTextsNeverCrash) {
  const std::u32string pieces[] = {
      U"<answer>", U"</answer>", U"```", U"<|eot_id|>", U"1234341221434321",
      U"12 ",      U"\n",        U"x",   U"\u3000"};
  std::mt19937 random(5);
  for (int round = 0; round < 20000; ++round) {
    std::u32string text;
    for (int i = random() % 8; i > 0; --i) {
      text += pieces[random() % std::size(pieces)];
    }
    const std::u32string answer = SudokuEvalAnswer(text);
    EXPECT_TRUE(answer.empty() || answer.size() == 16);
  }
}

}  // namespace
}  // namespace mdrl
