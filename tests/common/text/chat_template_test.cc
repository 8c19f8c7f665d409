#include "common/text/chat_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/format/file.h"

namespace mdrl {
namespace {

std::filesystem::path Folder(const std::string& name) {
  const auto folder =
      std::filesystem::path(::testing::TempDir()) / ("template_" + name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

TEST(ChatTemplateTest, WithoutOneTurnsAndPrefillGoThroughVerbatim) {
  const auto found = ChatTemplate::Read(Folder("none"));
  ASSERT_TRUE(found.ok());
  const std::vector<Turn> turns = {{"user", "<bos>12"}, {"user", "<sep>"}};
  EXPECT_EQ(found->Render(turns, "3"), "<bos>12<sep>3");
  EXPECT_EQ(found->text(), "");
}

TEST(ChatTemplateTest, AFolderWithOneIsRefusedByFile) {
  const auto in_config = Folder("config");
  ASSERT_TRUE(WriteFileAtomically(in_config / "tokenizer_config.json",
                                  R"({"chat_template":"{{ x }}"})")
                  .ok());
  EXPECT_THAT(std::string(ChatTemplate::Read(in_config).status().message()),
              ::testing::HasSubstr("tokenizer_config.json"));
  const auto beside = Folder("beside");
  ASSERT_TRUE(WriteFileAtomically(beside / "chat_template.jinja", "x").ok());
  EXPECT_EQ(ChatTemplate::Read(beside).status().code(),
            absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace mdrl
