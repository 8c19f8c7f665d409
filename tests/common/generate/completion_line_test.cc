#include "common/generate/completion_line.h"

#include <gtest/gtest.h>

namespace mdrl {
namespace {

const GeneratePrompt kPrompt{"p7", {{"user", "?"}}, "It is "};

Completion Done() {
  Completion completion;
  completion.index = 1;
  completion.tokens = {5, 9};
  completion.reveal_step = {3, kNeverRevealed};
  completion.confidence = {0.5f, 0.0f};
  completion.effective_tokens = 2;
  completion.truncated = true;
  completion.forwards = 4;
  return completion;
}

TEST(CompletionLineTest, TheTextBeginsWithThePrefill) {
  EXPECT_EQ(CompletionLine(kPrompt, Done(), "so", {}),
            R"({"id":"p7","completion":1,"text":"It is so","tokens":2,)"
            R"("truncated":true,"forwards":4})");
}

TEST(CompletionLineTest, ARunsPolicyAndTheRevealsAreSaidIfAskedFor) {
  EXPECT_EQ(
      CompletionLine(kPrompt, Done(), "so", {.reveals = true, .version = 12}),
      R"({"id":"p7","completion":1,"text":"It is so","tokens":2,)"
      R"("truncated":true,"forwards":4,"version":12,"token_ids":[5,9],)"
      R"("reveal_step":[3,null],"confidence":[0.5,0.0]})");
}

TEST(CompletionLineTest, BytesThatAreNoTextAreReplaced) {
  const std::string line = CompletionLine(kPrompt, Done(), "\xff", {});
  EXPECT_NE(line.find("It is \ufffd"), std::string::npos) << line;
}

}  // namespace
}  // namespace mdrl
