#include "common/generate/generate_prompts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace mdrl {
namespace {

using ::testing::HasSubstr;

std::filesystem::path Written(const std::string& text) {
  const auto path =
      std::filesystem::path(::testing::TempDir()) / "generate_prompts.jsonl";
  std::ofstream(path, std::ios::trunc) << text;
  return path;
}

TEST(GeneratePromptsTest, TextsAndDialoguesAreRead) {
  const auto prompts = ReadGeneratePrompts(Written(
      "{\"prompt\": \"Hi\", \"truth\": \"x\"}\n"
      "\n"
      "{\"messages\": [{\"role\": \"system\", \"content\": \"Be brief\"}, "
      "{\"role\": \"user\", \"content\": \"Why?\"}], \"id\": \"q\", "
      "\"prefill\": \"Because\"}\n"));
  ASSERT_TRUE(prompts.ok()) << prompts.status();
  ASSERT_EQ(prompts->size(), 2u);
  EXPECT_EQ((*prompts)[0].id, "0");
  EXPECT_EQ((*prompts)[0].turns, (std::vector<Turn>{{"user", "Hi"}}));
  EXPECT_EQ((*prompts)[1].id, "q");
  EXPECT_EQ((*prompts)[1].turns,
            (std::vector<Turn>{{"system", "Be brief"}, {"user", "Why?"}}));
  EXPECT_EQ((*prompts)[1].prefill, "Because");
}

TEST(GeneratePromptsTest, MistakesAreNamedByFileAndLine) {
  const auto error = [](const std::string& text) {
    return std::string(ReadGeneratePrompts(Written(text)).status().message());
  };
  EXPECT_THAT(error("{\"prompt\": \"a\"}\nnonsense\n"),
              HasSubstr("generate_prompts.jsonl:2: this is no JSON object"));
  EXPECT_THAT(error("{\"text\": \"a\"}\n"),
              HasSubstr(":1: there is neither \"prompt\" nor \"messages\""));
  EXPECT_THAT(error("{\"prompt\": 3}\n"),
              HasSubstr("\"prompt\" must be a text"));
  EXPECT_THAT(error("{\"messages\": [{\"role\": \"user\"}]}\n"),
              HasSubstr("needs \"role\" and \"content\""));
  EXPECT_THAT(error("\n"), HasSubstr("there is no prompt in it"));
  EXPECT_TRUE(absl::IsNotFound(ReadGeneratePrompts("/no/such/file").status()));
}

}  // namespace
}  // namespace mdrl
