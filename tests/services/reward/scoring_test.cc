#include "services/reward/scoring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(ScoringTest, TasksAreListedWithTheirRubrics) {
  const TaskListing listing = ListTasks();
  ASSERT_EQ(listing.tasks.size(), 2u);
  EXPECT_EQ(listing.tasks[1].name, "sudoku4");
  EXPECT_THAT(listing.tasks[1].rubrics,
              ::testing::ElementsAre("bare", "eval", "spg.train"));
  EXPECT_THAT(listing.tasks[1].components,
              ::testing::ElementsAre("cells", "correct_cells", "empty_cells",
                                     "solved"));
  EXPECT_FALSE(listing.tasks[1].runs_programs);
}

// Whatever can be made can be scored, and its solution earns everything.
TEST(ScoringTest, MadePromptsScoreFullMarksForTheirOwnAnswer) {
  for (const Split split : {Split::kTrain, Split::kTest}) {
    const MakeOptions options{"sudoku4", 20, 1, split};
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
