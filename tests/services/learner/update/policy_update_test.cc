#include "services/learner/update/policy_update.h"

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "common/base/status_reason.h"
#include "gtest/gtest.h"
#include "services/learner/algorithm/spg.h"
#include "services/learner/corruption/block_random.h"
#include "tests/services/learner/train_groups.h"
#include "tests/testing/tiny_model.h"

namespace mdrl {
namespace {

class PolicyUpdateTest : public testing::Test {
 protected:
  PolicyUpdateTest()
      : spg_({}, std::make_unique<BlockRandomLaw>(BlockRandomLaw::Options{
                     .mask_id = 0, .samples = 2, .block_tokens = 4})) {}

  static PolicyUpdateOptions Options() {
    PolicyUpdateOptions options;
    options.adamw.grad_clip = 0.2;
    options.lr = {.peak = 1e-3};
    options.iterations = 2;
    return options;
  }
  static std::vector<TrainGroup> Groups() {
    return {MakeTrainGroup(1, {}), MakeTrainGroup(2, {.prompt_tokens = 6})};
  }
  static void MakeEqual(TrainGroup& group) {
    for (Completion& completion : group.group.completions) {
      completion.score.reward = 0.5;
    }
  }

  Spg spg_;
};

TEST_F(PolicyUpdateTest, EqualRoundsGiveEqualWeightsBitByBit) {
  std::vector<Digest> results;
  for (int run = 0; run < 2; ++run) {
    const Transformer model = TinyModel();
    PolicyUpdate update(spg_, model, model.weights(), Options(), Clock::Real());
    ASSERT_TRUE(update.BeginRound(Groups()).ok());
    for (int k = 0; k < update.steps(); ++k) {
      ASSERT_TRUE(update.Step(k).ok());
    }
    results.push_back(HashTensors(model.weights()));
  }
  EXPECT_EQ(results[0], results[1]);
}

TEST_F(PolicyUpdateTest, StepsOfARoundSeeDifferentCanvases) {
  const Transformer model = TinyModel();
  PolicyUpdateOptions options = Options();
  options.lr.peak = 0.0;
  PolicyUpdate update(spg_, model, model.weights(), options, Clock::Real());
  ASSERT_TRUE(update.BeginRound(Groups()).ok());
  EXPECT_EQ(update.steps(), 2);
  EXPECT_NE(update.Step(0)->loss, update.Step(1)->loss);
  EXPECT_EQ(update.Step(0)->loss, update.Step(0)->loss);
}

TEST_F(PolicyUpdateTest, StatsCountWhatWasTrained) {
  std::vector<TrainGroup> groups = Groups();
  MakeEqual(groups[1]);
  groups[0].group.completions[0].score.reward = 1.0;
  groups[0].group.completions[1].score.reward = 0.0;
  groups[0].group.completions[2].score.reward = 0.5;
  const Transformer model = TinyModel();
  PolicyUpdate update(spg_, model, model.weights(), Options(), Clock::Real());
  ASSERT_TRUE(update.BeginRound(groups).ok());
  const auto stats = update.Step(0);
  ASSERT_TRUE(stats.ok()) << stats.status();
  EXPECT_EQ(stats->groups, 2u);
  EXPECT_EQ(stats->completions, 6u);
  EXPECT_EQ(stats->positive, 1u);
  EXPECT_EQ(stats->negative, 1u);
  EXPECT_EQ(stats->zero, 4u);
  EXPECT_EQ(stats->zero_spread, 1u);
  EXPECT_EQ(stats->forward_tokens, 2u * 2 * 12);
  EXPECT_NEAR(stats->advantage_abs, 1.0 / 6, 1e-12);
  EXPECT_GT(stats->grad_norm, 0.0);
  EXPECT_GT(stats->update_ratio, 0.0);
  EXPECT_GT(stats->seconds.at("forward"), 0.0);
  EXPECT_GT(stats->seconds.at("backward"), 0.0);
  EXPECT_TRUE(stats->elbo.has_value());
  EXPECT_NEAR(*stats->gap, *stats->eubo - *stats->elbo, 1e-6);
  EXPECT_GT(stats->parts.at("entropy"), 0.0);
  EXPECT_LT(stats->parts.at("entropy"), std::log(11.0));
}

TEST_F(PolicyUpdateTest, RowsWithoutAdvantageStayInTheDenominator) {
  std::vector<TrainGroup> groups = Groups();
  MakeEqual(groups[1]);
  double loss[2];
  for (const bool skip : {false, true}) {
    const Transformer model = TinyModel();
    PolicyUpdateOptions options = Options();
    options.skip_zero_spread = skip;
    PolicyUpdate update(spg_, model, model.weights(), options, Clock::Real());
    ASSERT_TRUE(update.BeginRound(groups).ok());
    loss[skip] = update.Step(0)->loss;
  }
  EXPECT_NEAR(loss[0], loss[1], 1e-6);
}

TEST_F(PolicyUpdateTest, WithoutAnySpreadNoWeightMoves) {
  std::vector<TrainGroup> groups = Groups();
  for (TrainGroup& group : groups) MakeEqual(group);
  const Transformer model = TinyModel();
  const Digest before = HashTensors(model.weights());
  PolicyUpdate update(spg_, model, model.weights(), Options(), Clock::Real());
  ASSERT_TRUE(update.BeginRound(groups).ok());
  const auto stats = update.Step(0);
  ASSERT_TRUE(stats.ok()) << stats.status();
  EXPECT_EQ(stats->loss, 0.0);
  EXPECT_EQ(stats->grad_norm, 0.0);
  EXPECT_EQ(stats->forward_tokens, 0u);
  EXPECT_EQ(HashTensors(model.weights()), before);
}

TEST_F(PolicyUpdateTest, MeasuringTheKlToTheRoundsPolicyMovesNoWeight) {
  std::vector<Digest> results;
  for (const bool measure : {false, true}) {
    const Transformer model = TinyModel();
    PolicyUpdateOptions options = Options();
    options.measure_kl_rollout = measure;
    PolicyUpdate update(spg_, model, model.weights(), options, Clock::Real());
    ASSERT_TRUE(update.BeginRound(Groups()).ok());
    const auto first = update.Step(0);
    const auto second = update.Step(1);
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_EQ(first->parts.count("kl_rollout"), 0u);  // it is that policy
    const auto kl = second->parts.find("kl_rollout");
    EXPECT_EQ(kl != second->parts.end() && kl->second > 0.0, measure);
    results.push_back(HashTensors(model.weights()));
  }
  EXPECT_EQ(results[0], results[1]);
}

TEST_F(PolicyUpdateTest, ANonFiniteStepIsNotApplied) {
  const Transformer model = TinyModel();
  at::Tensor head = model.head().weight;
  head.detach().view(-1)[0].fill_(std::numeric_limits<float>::quiet_NaN());
  const Digest before = HashTensors(model.weights());
  PolicyUpdate update(spg_, model, model.weights(), Options(), Clock::Real());
  ASSERT_TRUE(update.BeginRound(Groups()).ok());
  const absl::Status status = update.Step(0).status();
  EXPECT_EQ(ReasonOf(status), "STEP_NONFINITE");
  EXPECT_EQ(HashTensors(model.weights()), before);
  EXPECT_EQ(update.optimizer().steps(), 0);
  EXPECT_FALSE(head.grad().defined());
}

TEST_F(PolicyUpdateTest, GroupsThatDoNotFitTheModelAreRefusedByName) {
  const Transformer model = TinyModel();
  PolicyUpdate update(spg_, model, model.weights(), Options(), Clock::Real());
  std::vector<TrainGroup> groups = Groups();
  groups[0].group.completions[2].tokens[0] = 11;
  const absl::Status status = update.BeginRound(groups);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "g010000000000/2: a token lies outside the vocabulary");

  groups = Groups();
  groups[1].group.completions[0].effective_tokens = 9;
  EXPECT_FALSE(update.BeginRound(groups).ok());
  groups = {MakeTrainGroup(1, {.prompt_tokens = 60})};
  EXPECT_FALSE(update.BeginRound(groups).ok());
}

TEST_F(PolicyUpdateTest, MinibatchesTrainTheRoundInParts) {
  const Transformer model = TinyModel();
  PolicyUpdateOptions options = Options();
  options.iterations = 1;
  options.minibatches = 2;
  PolicyUpdate update(spg_, model, model.weights(), options, Clock::Real());
  ASSERT_TRUE(update.BeginRound(Groups()).ok());
  EXPECT_EQ(update.Step(0)->completions, 3u);
  EXPECT_EQ(update.Step(1)->completions, 3u);
}

}  // namespace
}  // namespace mdrl
