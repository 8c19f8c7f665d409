// golden/tokenizer/chat_template.json: dialogues as transformers renders them
// with the template of LLaDA-8B-Instruct, and their ids.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/text/chat_template.h"
#include "common/text/tokenizer.h"
#include "tests/testing/golden.h"

namespace mdrl {
namespace {

struct DialogueCase {
  std::filesystem::path folder;
  nlohmann::json value;
};

std::vector<DialogueCase> Cases() {
  std::vector<DialogueCase> out;
  for (const auto& folder : GoldenFoldersOf("tokenizer")) {
    const auto file = folder / "chat_template.json";
    if (!std::filesystem::exists(file)) continue;
    const nlohmann::json all = ReadJson(file);
    for (const auto& value : all["cases"]) out.push_back({folder, value});
  }
  return out;
}

class GoldenChatTemplateTest : public ::testing::TestWithParam<DialogueCase> {};

TEST_P(GoldenChatTemplateTest, TextAndIdsAreExact) {
  const auto& [folder, value] = GetParam();
  const auto chat = ChatTemplate::Read(folder);
  ASSERT_TRUE(chat.ok()) << chat.status();
  EXPECT_EQ(chat->text(),
            ReadJson(folder / "chat_template.json")["chat_template"]);
  std::vector<Turn> turns;
  for (const auto& message : value["messages"]) {
    turns.push_back({message["role"], message["content"]});
  }
  const auto text = chat->Render(turns, /*prefill=*/"");
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, value["rendered"]);
  const auto without =
      chat->Render(turns, /*prefill=*/"", /*add_generation_prompt=*/false);
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_EQ(*without, value["rendered_without_generation_prompt"]);

  const auto tokenizer = Tokenizer::Read(folder / "tokenizer.json");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  const auto ids = (*tokenizer)->Encode(*text);
  ASSERT_TRUE(ids.ok()) << ids.status();
  EXPECT_EQ(nlohmann::json(*ids), value["ids"]);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GoldenChatTemplateTest);
INSTANTIATE_TEST_SUITE_P(Golden, GoldenChatTemplateTest,
                         ::testing::ValuesIn(Cases()));

}  // namespace
}  // namespace mdrl
