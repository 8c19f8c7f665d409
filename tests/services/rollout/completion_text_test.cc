#include "services/rollout/completion_text.h"

#include <memory>
#include <vector>

#include "gtest/gtest.h"

namespace mdrl {
namespace {

constexpr char kTokenizer[] = R"({
  "version": "1.0",
  "added_tokens": [{"id": 0, "content": "<eos>", "special": true},
                   {"id": 1, "content": "<sep>", "special": true}],
  "normalizer": null, "pre_tokenizer": null, "decoder": {"type": "Fuse"},
  "model": {"type": "BPE", "vocab": {"<eos>": 0, "<sep>": 1, "a": 2, "b": 3},
            "merges": []}})";

TEST(CompletionTextTest, TextEndsAtTheFirstEosWithoutSpecialTokens) {
  const auto tokenizer = Tokenizer::Parse(kTokenizer, "t.json");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  const std::vector<int32_t> tokens = {2, 1, 3, 0, 2, 0};
  EXPECT_EQ(CompletionText(**tokenizer, tokens, 0, false), "ab");
  EXPECT_EQ(CompletionText(**tokenizer, tokens, 0, true), "aba");
  EXPECT_EQ(CompletionText(**tokenizer, {}, 0, false), "");
  const std::vector<int32_t> without = {2, 3};
  EXPECT_EQ(CompletionText(**tokenizer, without, 0, false), "ab");
}

}  // namespace
}  // namespace mdrl
