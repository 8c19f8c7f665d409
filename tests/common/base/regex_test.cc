#include "common/base/regex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Regex Make(const std::string& pattern) {
  auto regex = Regex::Compile(pattern);
  EXPECT_TRUE(regex.ok()) << regex.status();
  return *regex;
}

std::vector<std::string> Matches(const std::string& pattern,
                                 const std::string& text) {
  RegexScanner scanner(Make(pattern));
  std::vector<std::string> out;
  for (size_t at = 0; at < text.size();) {
    const auto match = scanner.Find(text, at);
    EXPECT_TRUE(match.ok()) << match.status();
    if (!match.ok() || !match->has_value()) break;
    out.push_back(
        text.substr((*match)->begin, (*match)->end - (*match)->begin));
    at = (*match)->end;
  }
  return out;
}

TEST(RegexTest, FullMatchMeansTheWholeText) {
  const Regex regex = Make(R"(.*\.blocks\.\d+\.(q_proj|ff_out))");
  EXPECT_TRUE(*regex.FullMatch("a.blocks.12.ff_out"));
  EXPECT_FALSE(*regex.FullMatch("a.blocks.12.ff_out.x"));
  EXPECT_FALSE(*regex.FullMatch("blocks.12.ff_out"));
  EXPECT_TRUE(*Make("a|ab").FullMatch("ab"));  // not only the first way
  EXPECT_TRUE(*Make("").FullMatch(""));
}

TEST(RegexTest, ClassesAreUnicodes) {
  EXPECT_THAT(Matches(R"(\p{L}+|\p{N}+|\s+)", "né 你4"),
              ElementsAre("né", " ", "你", "4"));
  EXPECT_THAT(Matches(R"(\s+(?!\S)|\s+|\S+)", "a  b"),
              ElementsAre("a", " ", " ", "b"));
}

TEST(RegexTest, MalformedPatternsAreRefusedWithTheirPlace) {
  const auto status = Regex::Compile("a(b").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("a(b: byte 3: "));
  EXPECT_FALSE(Regex::Compile("\xFF").ok());
  EXPECT_FALSE(Regex::Compile("\\C").ok());
}

TEST(RegexTest, BacktrackingWithoutEndIsAnError) {
  const std::string text = std::string(40, 'a') + "!";
  EXPECT_EQ(Make("(a+)+$").FullMatch(text).status().code(),
            absl::StatusCode::kResourceExhausted);
  RegexScanner scanner(Make("(a+)+$"));
  EXPECT_EQ(scanner.Find(text, 0).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(RegexTest, LongMatchesGetTheStackTheyNeed) {
  const std::string text(300'000, 'a');
  EXPECT_EQ(Matches("(?:a|b)+", text).size(), 1u);
}

TEST(RegexTest, ATextThatIsNotUtf8IsRefused) {
  EXPECT_EQ(Make("a").FullMatch("\xFF").status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace mdrl
