#include "services/reward/scoring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "common/tasks/prompt_maker.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

ScoreRequest Request() {
  ScoreRequest request;
  request.prompt = SortPrompt("3141", "p");
  request.rubric = "bare";
  request.texts = {{4, "1134"}, {2, ""}, {7, "1143"}};
  return request;
}

TEST(ScoringTest, EveryTextGetsItsItemInOrder) {
  const auto reply = ScoreTexts(Request());
  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_EQ(reply->items.size(), 3u);
  EXPECT_EQ(reply->items[0].index, 4u);
  EXPECT_EQ(reply->items[0].score.reward, 1.0);
  EXPECT_EQ(reply->items[1].index, 2u);
  EXPECT_EQ(reply->items[1].score.outcome, Outcome::kUnparsable);
  EXPECT_EQ(reply->items[1].score.reward, 0.0);
  EXPECT_EQ(reply->items[2].score.reward, 0.25);
}

TEST(ScoringTest, SizesAreLimited) {
  ScoreRequest request = Request();
  request.texts.clear();
  EXPECT_FALSE(ScoreTexts(request).ok());
  request.texts.assign(65, {0, "1"});
  EXPECT_THAT(std::string(ScoreTexts(request).status().message()),
              HasSubstr("65 texts"));
  request.texts = {{0, std::string(9 << 20, '1')}};
  EXPECT_THAT(std::string(ScoreTexts(request).status().message()),
              HasSubstr("bytes"));
}

TEST(ScoringTest, ATruthOfAnotherTaskIsNamed) {
  ScoreRequest request = Request();
  request.prompt.truth = "{}";
  EXPECT_THAT(std::string(ScoreTexts(request).status().message()),
              HasSubstr("prompt.truth: "));
}

TEST(ScoringTest, TasksAreListedWithRubricsComponentsAndRanges) {
  const TaskListing listing = ListTasks();
  std::vector<std::string> names;
  for (const TaskListing::Task& task : listing.tasks) {
    names.push_back(task.name);
    EXPECT_FALSE(task.runs_programs);
    EXPECT_NE(task.truth, "");
    EXPECT_EQ(task.rubric_specs.size(), task.rubrics.size()) << task.name;
  }
  EXPECT_THAT(
      names, ::testing::ElementsAre("countdown", "exact_match", "gsm8k", "math",
                                    "numeric", "sort", "sudoku4", "sudoku9"));
  const TaskListing::Task& gsm8k = listing.tasks[2];
  EXPECT_THAT(gsm8k.rubrics,
              ::testing::ElementsAre("d1.train", "eval", "spg.train", "train"));
  const TaskListing::Component& xmlcount = gsm8k.rubric_specs[2].components[0];
  EXPECT_EQ(xmlcount.name, "xmlcount");
  EXPECT_EQ(xmlcount.weight, 1.0);
  EXPECT_EQ(xmlcount.least, std::nullopt);
  EXPECT_EQ(xmlcount.most, 0.501);
  EXPECT_THAT(listing.tasks[6].components,
              ::testing::ElementsAre("cells", "correct_cells", "empty_cells",
                                     "solved", "sudoku"));
}

// Every value of every rubric lies within what is said of it.
TEST(ScoringTest, ComponentsKeepToTheirRanges) {
  const char* const texts[] = {"", "4312213434211243",
                               "<answer>\\boxed{1/2}</answer>",
                               "<reasoning>\nx\n</reasoning>\n<answer>\n4\n"
                               "</answer>\n",
                               "(25 - 3) * 7 = 154"};
  const std::map<std::string, std::string> truths = {
      {"countdown", R"({"numbers":[3,25,7],"target":154})"},
      {"exact_match", R"({"answer":"4"})"},
      {"gsm8k", R"({"answer":"4"})"},
      {"math", R"({"answer":"\\frac12"})"},
      {"numeric", R"({"answer":4})"},
      {"sort", R"({"digits":"3141"})"},
      {"sudoku4",
       R"({"puzzle":"0310200404001043","solution":"4312213434211243"})"}};
  for (const TaskListing::Task& task : ListTasks().tasks) {
    if (!truths.contains(task.name)) continue;
    for (const TaskListing::Rubric& rubric : task.rubric_specs) {
      ScoreRequest request;
      request.prompt.task = task.name;
      request.prompt.truth = truths.at(task.name);
      request.rubric = rubric.name;
      for (const char* text : texts) request.texts.push_back({0, text});
      const auto reply = ScoreTexts(request);
      ASSERT_TRUE(reply.ok()) << reply.status();
      for (const ScoreReply::Item& item : reply->items) {
        for (size_t i = 0; i < rubric.components.size(); ++i) {
          const TaskListing::Component& spec = rubric.components[i];
          const double value = item.score.components[i].value;
          SCOPED_TRACE(task.name + " " + rubric.name + " " + spec.name);
          EXPECT_GE(value, spec.least.value_or(value));
          EXPECT_LE(value, spec.most.value_or(value));
        }
      }
    }
  }
}

// Whatever can be made can be scored, and its solution earns everything.
TEST(ScoringTest, MadePromptsScoreFullMarksForTheirOwnAnswer) {
  for (const char* task : {"countdown", "sudoku4", "sudoku9"}) {
    SCOPED_TRACE(task);
    const MakeOptions options{task, 20, 1, Split::kTest};
    const auto prompts = *MakePrompts(options);
    const auto answers = *MakeDemonstrations(options);
    for (size_t i = 0; i < prompts.size(); ++i) {
      ScoreRequest request;
      request.prompt = prompts[i];
      request.rubric = "bare";
      request.texts = {{0, answers[i].answer}};
      const auto reply = ScoreTexts(request);
      ASSERT_TRUE(reply.ok()) << reply.status();
      EXPECT_EQ(reply->items[0].score.reward, 1.0);
      EXPECT_EQ(reply->items[0].score.correct, true);
    }
  }
}

}  // namespace
}  // namespace mdrl
