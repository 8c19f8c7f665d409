#include "services/learner/desk/prompt_spool.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

PromptsPending::PromptRow Row(uint64_t n) {
  return {
      .body = absl::StrCat("line ", n, std::string(n, 'x'), "\n"),
      .tokens = std::vector<int32_t>(n, static_cast<int32_t>(n)),
      .quarantined = n == 2 ? Reason::kPromptOverLength : Reason::kUnspecified};
}

TEST(PromptSpoolTest, WhatWasAppendedComesBackInOrderAndInParts) {
  auto spool = PromptSpool::Create(testing::TempDir());
  ASSERT_TRUE(spool.ok()) << spool.status();
  for (uint64_t n = 0; n < 5; ++n) ASSERT_TRUE(spool->Append(Row(n)).ok());
  EXPECT_EQ(spool->size(), 5u);
  uint64_t expected = 0;
  for (const size_t part : {3u, 2u, 0u}) {
    const auto rows = spool->Read(3);
    ASSERT_TRUE(rows.ok()) << rows.status();
    ASSERT_EQ(rows->size(), part);
    for (const PromptsPending::PromptRow& row : *rows) {
      EXPECT_EQ(row.body, Row(expected).body);
      EXPECT_EQ(row.tokens, Row(expected).tokens);
      EXPECT_EQ(row.quarantined, Row(expected).quarantined);
      ++expected;
    }
  }
}

TEST(PromptSpoolTest, NoFileIsLeftInTheFolder) {
  const std::string folder = testing::TempDir() + "/spool";
  std::filesystem::create_directories(folder);
  const auto spool = PromptSpool::Create(folder);
  ASSERT_TRUE(spool.ok()) << spool.status();
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST(PromptSpoolTest, AFolderThatIsNotThereIsSaid) {
  const auto spool = PromptSpool::Create("/no/such/folder");
  EXPECT_EQ(spool.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace mdrl
