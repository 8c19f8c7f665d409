#include "common/tasks/prompt_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mdrl {
namespace {

using ::testing::HasSubstr;

TEST(PromptMakerTest, SameOptionsSamePromptsAndLongerSetsStartAlike) {
  MakeOptions options{"sudoku4", 20, 1, Split::kTrain};
  const auto first = MakePrompts(options);
  ASSERT_TRUE(first.ok()) << first.status();
  options.count = 40;
  const auto longer = MakePrompts(options);
  EXPECT_TRUE(std::equal(first->begin(), first->end(), longer->begin()));
  options.seed = 2;
  EXPECT_NE((*MakePrompts(options))[0].truth, (*first)[0].truth);
}

// A change here changes every run that makes its prompts.
TEST(PromptMakerTest, FirstPromptsStayWhatTheyAre) {
  EXPECT_EQ((*MakePrompts({"sudoku4", 1, 1}))[0].turns[0].text,
            "<bos>3421120401000000<sep>");
  EXPECT_EQ((*MakePrompts({"countdown", 1, 1}))[0].turns[0].text,
            "Numbers: [99, 20, 80]\nTarget: 1");
  EXPECT_EQ(
      (*MakePrompts({"sudoku9", 1, 1}))[0].turns[0].text,
      "<bos>"
      "90256807307000009600094720100801070260000300840187063906948031510005692"
      "4000139007<sep>");
  EXPECT_EQ((*MakePrompts({"sort", 1, 1}))[0].turns[0].text, "<bos>1549<sep>");
}

TEST(PromptMakerTest, PromptsAreBareAndTheirTruthChecks) {
  for (const char* task : {"sudoku4", "sort"}) {
    const auto prompts = MakePrompts({task, 50, 0, Split::kTest});
    ASSERT_TRUE(prompts.ok());
    for (const Prompt& prompt : *prompts) {
      EXPECT_TRUE(CheckTruth(task, prompt.truth).ok());
      ASSERT_EQ(prompt.turns.size(), 1u);
      EXPECT_THAT(prompt.turns[0].text, ::testing::StartsWith("<bos>"));
      EXPECT_THAT(prompt.turns[0].text, ::testing::EndsWith("<sep>"));
    }
    EXPECT_EQ((*prompts)[7].index, 7u);
    EXPECT_EQ((*prompts)[7].id, std::string(task) + "-test-0-7");
  }
}

TEST(PromptMakerTest, TruthsOfEveryGeneratorCheck) {
  EXPECT_THAT(GeneratedTasks(), ::testing::ElementsAre("countdown", "sort",
                                                       "sudoku4", "sudoku9"));
  for (const std::string& task : GeneratedTasks()) {
    for (const Split split :
         {Split::kTrain, Split::kValidation, Split::kTest}) {
      const auto prompts = MakePrompts({task, 5, 9, split});
      ASSERT_TRUE(prompts.ok()) << prompts.status();
      for (const Prompt& prompt : *prompts) {
        const auto check = CheckTruth(task, prompt.truth);
        ASSERT_TRUE(check.ok()) << check.status();
        EXPECT_FALSE(check->several_solutions);
      }
    }
  }
}

TEST(PromptMakerTest, CarelessAnswersComeAsOftenAsAsked) {
  MakeOptions options{"sudoku4", 1000, 3, Split::kTrain};
  const auto right = *MakeDemonstrations(options);
  options.careless = 1.0;
  const auto careless = *MakeDemonstrations(options);
  options.careless = 0.6;
  const auto mixed = *MakeDemonstrations(options);
  int wrong = 0;
  for (size_t i = 0; i < mixed.size(); ++i) {
    EXPECT_EQ(mixed[i].prompt, right[i].prompt);
    EXPECT_TRUE(mixed[i] == right[i] || mixed[i] == careless[i]);
    wrong += mixed[i].answer == right[i].answer ? 0 : 1;
  }
  EXPECT_NEAR(wrong, 600, 70);
}

TEST(PromptMakerTest, OptionsOutOfRangeAreNamed) {
  const auto error = [](const MakeOptions& options) {
    return std::string(MakePrompts(options).status().message());
  };
  EXPECT_THAT(error({"chess", 1}), HasSubstr("chess"));
  EXPECT_THAT(error({"sort", 0}), HasSubstr("count"));
  EXPECT_THAT(error({"sort", 2'000'000}), HasSubstr("count"));
  EXPECT_THAT(error({"sudoku4", 1, 0, Split::kTrain, 1.5}),
              HasSubstr("careless"));
  EXPECT_THAT(error({"sort", 1, 0, Split::kTrain, 0.5}),
              HasSubstr("sudoku4 only"));
}

}  // namespace
}  // namespace mdrl
