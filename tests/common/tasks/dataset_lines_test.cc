#include "common/tasks/dataset_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/tasks/prompt_file.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(std::string_view text, std::string_view task) {
  const auto file = ParsePromptFile(text, task, "d.jsonl");
  return file.ok() ? "" : std::string(file.status().message());
}

TEST(DatasetLinesTest, Gsm8kKeepsTheGoldTextBehindTheMark) {
  const auto file = ParsePromptFile(
      R"({"question":"How many?","answer":"40 x 40\n#### 1,600"})", "gsm8k",
      "d");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->prompts[0].turns[0].text, "How many?");
  EXPECT_EQ(file->prompts[0].truth, R"({"answer":"1,600"})");
  EXPECT_THAT(ErrorOf(R"({"question":"q","answer":"7"})", "gsm8k"),
              HasSubstr("d.jsonl:1: \"answer\" has no \"####\""));
  EXPECT_THAT(ErrorOf(R"({"question":"q","answer":"#### "})", "gsm8k"),
              HasSubstr("behind"));
}

TEST(DatasetLinesTest, MathIsAListOrLinesWithAnAnswerOrASolution) {
  const auto list = ParsePromptFile(
      "[\n{\"question\":\"a\",\"ground_truth_answer\":\"\\\\frac12\","
      "\"level\":5},\n{\"problem\":\"b\",\"solution\":\"so "
      "\\\\boxed{\\\\frac{1}{2}}.\"}]",
      "math", "d");
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->prompts[0].truth, R"({"answer":"\\frac12"})");
  EXPECT_EQ(list->prompts[1].truth, R"({"answer":"\\frac{1}{2}"})");
  EXPECT_THAT(ErrorOf(R"([{"problem":"b","solution":"5"}])", "math"),
              HasSubstr("d.jsonl: entry 1: \"solution\" has no \\boxed"));
  EXPECT_THAT(ErrorOf("[1]", "math"), HasSubstr("entry 1: not a JSON object"));
  EXPECT_THAT(ErrorOf("[", "math"), HasSubstr("not a JSON list"));
}

TEST(DatasetLinesTest, CountdownAsksAsThePublishedSetDoes) {
  const auto file = ParsePromptFile(R"({"input":"30,100,93","output":"23"})",
                                    "countdown", "d");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->prompts[0].turns[0].text,
            "Numbers: [30, 100, 93]\nTarget: 23");
  EXPECT_THAT(ErrorOf(R"({"input":"30,x","output":"23"})", "countdown"),
              HasSubstr("d.jsonl:1: \"input\" must be numbers"));
}

TEST(DatasetLinesTest, PublishedFilesAreReadAsTheyAre) {
  const std::filesystem::path folder = "../shared/data";
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << folder << " is absent: no published file is read";
  }
  const std::tuple<const char*, const char*, size_t> files[] = {
      {"gsm8k_train.jsonl", "gsm8k", 7473},
      {"gsm8k_test.jsonl", "gsm8k", 1319},
      {"math_train.json", "math", 8523},
      {"math500.json", "math", 500},
      {"countdown_cd3_test.jsonl", "countdown", 256}};
  for (const auto& [name, task, count] : files) {
    const auto file = ReadPromptFile(folder / name, task);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(file->prompts.size(), count) << name;
  }
}

}  // namespace
}  // namespace mdrl
