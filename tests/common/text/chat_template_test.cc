#include "common/text/chat_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/format/file.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

// A folder of its own with these files.
std::filesystem::path Folder(
    const std::string& name,
    const std::vector<std::pair<std::string, std::string>>& files) {
  const auto folder =
      std::filesystem::path(::testing::TempDir()) / ("chat_" + name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  for (const auto& [file, text] : files) {
    EXPECT_TRUE(WriteFileAtomically(folder / file, text).ok());
  }
  return folder;
}

std::string Rendered(const std::filesystem::path& folder) {
  const auto chat = ChatTemplate::Read(folder);
  EXPECT_TRUE(chat.ok()) << chat.status();
  const std::vector<Turn> turns = {{"user", "12"}, {"assistant", "3"}};
  const auto text = chat->Render(turns, "4");
  EXPECT_TRUE(text.ok()) << text.status();
  return *text;
}

TEST(ChatTemplateTest, WithoutOneTurnsAndPrefillGoThroughVerbatim) {
  EXPECT_EQ(Rendered(Folder("none", {})), "1234");
  EXPECT_EQ(Rendered(Folder("config", {{"tokenizer_config.json",
                                        R"({"bos_token":"<s>"})"}})),
            "1234");
  EXPECT_EQ(ChatTemplate().text(), "");
}

TEST(ChatTemplateTest, TheTemplateMakesTheTextAndThePrefillFollows) {
  const char kConfig[] = R"({"bos_token":{"content":"<s>"},"eos_token":"</s>",
      "chat_template":"{{ bos_token }}{% for m in messages %}[{{ m.role }}:{{ m.content }}]{% endfor %}{% if add_generation_prompt %}>{% endif %}"})";
  EXPECT_EQ(Rendered(Folder("text", {{"tokenizer_config.json", kConfig}})),
            "<s>[user:12][assistant:3]>4");
}

TEST(ChatTemplateTest, AFileOfItsOwnWinsOverTheConfiguration) {
  const char kConfig[] = R"({"bos_token":"<s>","chat_template":"config"})";
  EXPECT_EQ(Rendered(Folder(
                "jinja", {{"tokenizer_config.json", kConfig},
                          {"chat_template.jinja", "{{ bos_token }}jinja\n"}})),
            "<s>jinja4");
  EXPECT_EQ(Rendered(Folder("json", {{"tokenizer_config.json", kConfig},
                                     {"chat_template.json",
                                      R"({"chat_template":"json"})"}})),
            "json4");
  const char kNamed[] = R"({"chat_template":[{"name":"rag","template":"no"},
      {"name":"default","template":"named"}]})";
  EXPECT_EQ(Rendered(Folder("named", {{"tokenizer_config.json", kNamed}})),
            "named4");
}

TEST(ChatTemplateTest, WhatIsNotSupportedIsRefusedByFileLineAndColumn) {
  const auto error = [](const std::filesystem::path& folder) {
    return std::string(ChatTemplate::Read(folder).status().message());
  };
  EXPECT_THAT(
      error(Folder("bad", {{"chat_template.jinja", "a\n{{ x | upper }}"}})),
      HasSubstr("chat_template.jinja: chat template: line 2, column 8: the "
                "filter 'upper'"));
  EXPECT_THAT(error(Folder("type", {{"tokenizer_config.json",
                                     R"({"chat_template":{"a":1}})"}})),
              HasSubstr("tokenizer_config.json: chat_template is neither"));
  EXPECT_THAT(error(Folder("json", {{"tokenizer_config.json", "[]"}})),
              HasSubstr("not a JSON object"));
}

TEST(ChatTemplateTest, ATemplateMayRefuseTheTurns) {
  const auto chat = ChatTemplate::Parse(
      "{% if messages[0].role == 'system' %}"
      "{{ raise_exception('no system turns') }}{% endif %}",
      {});
  ASSERT_TRUE(chat.ok()) << chat.status();
  const std::vector<Turn> turns = {{"system", "x"}};
  const auto text = chat->Render(turns, "");
  EXPECT_EQ(text.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(text.status().message()),
              HasSubstr("no system turns"));
}

}  // namespace
}  // namespace mdrl
