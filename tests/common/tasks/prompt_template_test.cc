#include "common/tasks/prompt_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/tasks/prompt_maker.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

std::string Applied(std::string_view words, const Prompt& prompt) {
  const auto made = PromptTemplate::Create(prompt.task, words);
  if (!made.ok()) return std::string(made.status().message());
  const auto turns = made->Apply(prompt);
  return turns.ok() ? turns->back().text
                    : std::string(turns.status().message());
}

TEST(PromptTemplateTest, PlaceholdersAreTheQuestionAndFieldsOfTheTruth) {
  const Prompt prompt = CountdownPrompt({{3, 25, 7}, 154}, "");
  EXPECT_EQ(Applied("<{prompt}>", prompt),
            "<Numbers: [3, 25, 7]\nTarget: 154>");
  EXPECT_EQ(Applied("{{x}} {numbers} -> {target}", prompt),
            "{x} [3, 25, 7] -> 154");
}

TEST(PromptTemplateTest, OtherTurnsStayAndTheLastQuestionIsMeant) {
  Prompt prompt = SortPrompt("3141", "");
  prompt.turns = {
      {"system", "s"}, {"user", "a"}, {"assistant", "b"}, {"user", "c"}};
  const auto words = PromptTemplate::Create("sort", "sort {prompt}!");
  const auto turns = words->Apply(prompt);
  ASSERT_TRUE(turns.ok());
  EXPECT_EQ((*turns)[1].text, "a");
  EXPECT_EQ((*turns)[3].text, "sort c!");
}

TEST(PromptTemplateTest, OurOwnInstructionsAskForTheTags) {
  for (const char* task : {"countdown", "sudoku4", "sudoku9"}) {
    const auto prompts = MakePrompts({task, 1, 1});
    const std::string text = Applied("tagged", (*prompts)[0]);
    EXPECT_THAT(text, HasSubstr("<reasoning>\n"));
    EXPECT_THAT(text, HasSubstr("\n</answer>"));
  }
  Prompt math;
  math.task = "math";
  math.turns = {{"user", "What is {1}?"}};
  math.truth = R"({"answer":"1"})";
  EXPECT_THAT(Applied("tagged", math), HasSubstr("\\boxed{(the result)}\n"));
  EXPECT_THAT(Applied("tagged", math), HasSubstr("\n\nWhat is {1}?"));
}

TEST(PromptTemplateTest, WhatCannotBePutInIsSaid) {
  const Prompt prompt = SortPrompt("3141", "");
  EXPECT_THAT(Applied("no place", prompt), HasSubstr("no placeholder"));
  EXPECT_THAT(Applied("{prompt", prompt), HasSubstr("opens no placeholder"));
  EXPECT_THAT(Applied("{}", prompt), HasSubstr("opens no placeholder"));
  EXPECT_THAT(Applied("{numbers}", prompt), HasSubstr("no \"numbers\""));
  EXPECT_THAT(Applied("tagged", prompt), HasSubstr("for sort"));
  Prompt silent = prompt;
  silent.turns = {{"system", "s"}};
  EXPECT_THAT(Applied("{prompt}", silent), HasSubstr("no user turn"));
}

}  // namespace
}  // namespace mdrl
