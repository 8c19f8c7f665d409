#include "common/tasks/prompt_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/format/file.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(std::string_view text, std::string_view task = "sort") {
  const auto file = ParsePromptFile(text, task, "p.jsonl");
  return file.ok() ? "" : std::string(file.status().message());
}

TEST(PromptFileTest, WhatIsMadeReadsBack) {
  for (const char* task : {"sudoku4", "sort"}) {
    const auto made = MakePrompts({task, 10, 1});
    const auto read = ParsePromptFile(ToJsonLines(*made), task, "p");
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->prompts, *made);
    EXPECT_EQ(read->several_solutions, 0u);
  }
  const auto path =
      std::filesystem::path(::testing::TempDir()) / "demonstrations.jsonl";
  const auto made = MakeDemonstrations({"sort", 10, 1});
  ASSERT_TRUE(WriteFileAtomically(path, ToJsonLines(*made)).ok());
  EXPECT_EQ(*ReadDemonstrations(path), *made);
}

TEST(PromptFileTest, TurnsAndPrefillAreRead) {
  const auto file = ParsePromptFile(
      R"({"turns":[{"role":"system","text":"a"},{"role":"user","text":"b"}],)"
      R"("prefill":"c","truth":"{\"digits\":\"3141\"}"})"
      "\r\n\n",
      "sort", "p");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->prompts[0].turns[1].text, "b");
  EXPECT_EQ(file->prompts[0].prefill, "c");
  EXPECT_EQ(file->prompts[0].truth, R"({"digits":"3141"})");
}

TEST(PromptFileTest, ErrorsNameFileAndLine) {
  const std::string good =
      R"({"prompt":"<bos>3141<sep>","truth":{"digits":"3141"}})"
      "\n";
  EXPECT_EQ(ErrorOf(good), "");
  EXPECT_THAT(ErrorOf(""), HasSubstr("p.jsonl: there is no prompt"));
  EXPECT_THAT(ErrorOf("\n\n"), HasSubstr("no prompt"));
  EXPECT_THAT(ErrorOf(good + "{"), HasSubstr("p.jsonl:2: not a JSON object"));
  EXPECT_THAT(ErrorOf(good + "\n" + R"({"prompt":"x"})"),
              HasSubstr("p.jsonl:3: no \"truth\""));
  EXPECT_THAT(ErrorOf(R"({"prompt":3,"truth":{}})"), HasSubstr("\"prompt\""));
  EXPECT_THAT(ErrorOf(R"({"promt":"x","truth":{}})"), HasSubstr("\"promt\""));
  EXPECT_THAT(ErrorOf(R"({"prompt":"x","truth":{"digits":"1"}})"),
              HasSubstr("p.jsonl:1: digits: "));
  EXPECT_THAT(ErrorOf(R"({"messages":[{"role":"user"}],"truth":{}})"),
              HasSubstr("\"content\" must be a string"));
  EXPECT_THAT(ErrorOf(R"({"turns":[],"truth":{}})"), HasSubstr("turns"));
  // Somebody else may score it.
  EXPECT_EQ(ErrorOf(good, "chess"), "");
}

}  // namespace
}  // namespace mdrl
