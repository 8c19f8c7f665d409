#include "client/command/line_of_prompt.h"

#include <fstream>
#include <string>

#include "common/base/error.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

absl::Status RefusalOf(const std::string& index) {
  return WithDetail(absl::InvalidArgumentError("it has no token"),
                    {.reason = "",
                     .field = "",
                     .retry_after = {},
                     .facts = {{"index", index}}});
}

TEST(LineOfPromptTest, BlankLinesHoldNoPrompt) {
  const std::string file = testing::TempDir() + "/prompts.jsonl";
  std::ofstream(file) << "{0}\n\n  \r\n{1}\n{2}\n";
  EXPECT_EQ(AtLineOfPrompt(RefusalOf("1"), file).message(),
            file + ":4: it has no token");
  EXPECT_EQ(AtLineOfPrompt(RefusalOf("2"), file).message(),
            file + ":5: it has no token");
}

TEST(LineOfPromptTest, WhatNamesNoPromptStaysAsItIs) {
  const absl::Status other = absl::InvalidArgumentError("no such task");
  EXPECT_EQ(AtLineOfPrompt(other, "prompts.jsonl"), other);
  EXPECT_EQ(AtLineOfPrompt(RefusalOf("7"), "/no/such/file"), RefusalOf("7"));
}

}  // namespace
}  // namespace mdrl
