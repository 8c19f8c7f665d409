#include <algorithm>
#include <vector>

#include "ATen/TensorOperators.h"
#include "ATen/ops/equal.h"
#include "ATen/ops/tensor.h"
#include "gtest/gtest.h"
#include "services/learner/batch/batch_builder.h"
#include "services/learner/batch/round_plan.h"
#include "services/learner/corruption/block_random.h"
#include "tests/services/learner/train_groups.h"

namespace mdrl {
namespace {

BlockRandomLaw Law() {
  return BlockRandomLaw({.mask_id = 0, .samples = 2, .block_tokens = 4});
}

StepBatch BuildAll(const std::vector<TrainGroup>& groups, int64_t tokens) {
  const StepRows rows = CollectRows(groups);
  return BuildStep(rows, std::vector<bool>(rows.rows.size(), true), Law(), 0, 1,
                   tokens);
}

TEST(RoundPlanTest, EachIterationSplitsTheRoundIntoItsMinibatches) {
  const RoundPlan plan(/*groups=*/7, /*iterations=*/2, /*minibatches=*/3);
  using Range = RoundPlan::Range;
  EXPECT_EQ(plan.steps(), 6);
  EXPECT_EQ(plan.GroupsOf(0), (Range{0, 2}));
  EXPECT_EQ(plan.GroupsOf(1), (Range{2, 4}));
  EXPECT_EQ(plan.GroupsOf(2), (Range{4, 7}));
  EXPECT_EQ(plan.GroupsOf(3), plan.GroupsOf(0));
}

TEST(RoundPlanTest, MoreMinibatchesThanGroupsLeaveSomeEmpty) {
  const RoundPlan plan(2, 1, 3);
  size_t groups = 0;
  for (int k = 0; k < plan.steps(); ++k) {
    groups += plan.GroupsOf(k).last - plan.GroupsOf(k).first;
  }
  EXPECT_EQ(groups, 2u);
}

TEST(BatchTest, CompletionsWithoutARewardTakeNoPart) {
  std::vector<TrainGroup> groups = {MakeTrainGroup(1, {}),
                                    MakeTrainGroup(2, {})};
  Completion& failed = groups[0].group.completions[1];
  failed.score.outcome = Outcome::kServiceError;
  failed.score.reward.reset();
  for (Completion& completion : groups[1].group.completions) {
    completion.score.reward = 0.25;
  }
  const StepRows rows = CollectRows(groups);
  EXPECT_EQ(rows.rows.size(), 5u);
  EXPECT_EQ(rows.rows[1].completion->index, 2u);
  EXPECT_EQ(rows.groups, 2u);
  EXPECT_EQ(rows.zero_spread, 1u);
  EXPECT_EQ(rows.tokens,
            static_cast<uint64_t>(rows.length_B.sum().item<double>()));
}

TEST(BatchTest, PromptsOfDifferentLengthNeverShareAMicroBatch) {
  const std::vector<TrainGroup> groups = {
      MakeTrainGroup(1, {.prompt_tokens = 4}),
      MakeTrainGroup(2, {.prompt_tokens = 6}),
      MakeTrainGroup(3, {.prompt_tokens = 4})};
  const StepBatch batch = BuildAll(groups, 1 << 20);
  ASSERT_EQ(batch.micro_batches.size(), 2u);
  EXPECT_EQ(batch.micro_batches[0].ids_RT.size(0), 12);
  EXPECT_EQ(batch.micro_batches[0].prompt_tokens, 4);
  EXPECT_EQ(batch.micro_batches[1].ids_RT.size(1), 14);
  EXPECT_EQ(batch.tokens, 12 * 12 + 6 * 14);
}

TEST(BatchTest, MicroBatchesKeepToTheirTokens) {
  const std::vector<TrainGroup> groups = {MakeTrainGroup(1, {})};
  const StepBatch batch = BuildAll(groups, 30);  // two samples of 12
  ASSERT_EQ(batch.micro_batches.size(), 3u);
  for (const MicroBatch& micro : batch.micro_batches) {
    EXPECT_EQ(micro.tokens(), 24);
  }
  // A sample longer than the limit still goes through, alone.
  EXPECT_EQ(BuildAll(groups, 1).micro_batches.size(), 6u);
}

TEST(BatchTest, CanvasesDoNotDependOnTheOtherGroupsOfTheStep) {
  const std::vector<TrainGroup> alone = {MakeTrainGroup(5, {})};
  const std::vector<TrainGroup> together = {MakeTrainGroup(4, {}),
                                            MakeTrainGroup(5, {})};
  const at::Tensor small = BuildAll(alone, 1 << 20).micro_batches[0].ids_RT;
  const at::Tensor large = BuildAll(together, 1 << 20).micro_batches[0].ids_RT;
  EXPECT_TRUE(at::equal(small, large.narrow(0, 6, 6)));
}

TEST(BatchTest, RowsThatAreNotReadStayInTheStepUnscored) {
  const std::vector<TrainGroup> groups = {MakeTrainGroup(1, {})};
  const StepRows rows = CollectRows(groups);
  const StepBatch batch =
      BuildStep(rows, {true, false, true}, Law(), 0, 1, 1 << 20);
  EXPECT_EQ(batch.scored_BSL.size(0), 3);
  EXPECT_FALSE(batch.scored_BSL[1].any().item<bool>());
  EXPECT_EQ(batch.weight_BS[1].abs().sum().item<double>(), 0.0);
  EXPECT_TRUE(at::equal(batch.micro_batches[0].sample_R,
                        at::tensor({0, 1, 4, 5}, at::kLong)));
}

TEST(BatchTest, ScoredPositionsAreMaskedAndHaveTheCompletionsTokenAsTarget) {
  const std::vector<TrainGroup> groups = {MakeTrainGroup(9, {})};
  const StepBatch batch = BuildAll(groups, 1 << 20);
  const MicroBatch& micro = batch.micro_batches[0];
  const at::Tensor canvas_RL = micro.ids_RT.narrow(1, 4, 8);
  EXPECT_TRUE((canvas_RL == 0)
                  .logical_or(micro.scored_RL.logical_not())
                  .all()
                  .item<bool>());
  for (int64_t r = 0; r < 6; ++r) {
    const auto& tokens = groups[0].group.completions[r / 2].tokens;
    for (int64_t i = 0; i < 8; ++i) {
      EXPECT_EQ(micro.target_RL[r][i].item<int64_t>(), tokens[i]);
    }
  }
}

}  // namespace
}  // namespace mdrl
