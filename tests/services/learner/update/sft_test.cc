#include "services/learner/update/sft.h"

#include <algorithm>
#include <set>
#include <vector>

#include "ATen/TensorOperators.h"
#include "ATen/ops/allclose.h"
#include "common/base/philox.h"
#include "common/base/status_reason.h"
#include "gtest/gtest.h"
#include "tests/testing/tiny_model.h"

namespace mdrl {
namespace {

// Answers repeat the prompt's token: soon learnt.
std::vector<SftRow> CopyTask() {
  std::vector<SftRow> rows;
  for (int32_t token = 3; token < 11; ++token) {
    rows.push_back({{1, token}, {token, token, token}});
  }
  return rows;
}

SftStage ShortStage() {
  SftStage stage;
  stage.steps = 60;
  stage.batch = 8;
  stage.lr = 1e-2;
  stage.warmup_steps = 5;
  stage.philox_key = 99;
  return stage;
}

TEST(SftOrderTest, EveryEpochIsAnotherPermutationOfTheRows) {
  SftOrder order(7, /*rows=*/10);
  std::vector<int32_t> read;
  for (int64_t step = 0; step < 5; ++step) {
    for (const int32_t row : order.Batch(step, 4)) read.push_back(row);
  }
  const std::vector<int32_t> first(read.begin(), read.begin() + 10);
  const std::vector<int32_t> second(read.begin() + 10, read.end());
  EXPECT_EQ(std::set<int32_t>(first.begin(), first.end()).size(), 10u);
  EXPECT_EQ(std::set<int32_t>(second.begin(), second.end()).size(), 10u);
  EXPECT_NE(first, second);
  EXPECT_EQ(SftOrder(7, 10).Batch(3, 4), order.Batch(3, 4));
}

TEST(SftTest, LearnsAndReportsEveryStep) {
  const Transformer model = TinyModel();
  const std::vector<SftRow> rows = CopyTask();
  std::vector<SftProgress> log;
  const absl::Status status =
      RunSftStage(model, model.weights(), rows, ShortStage(),
                  [&log](const SftProgress& done) { log.push_back(done); });
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(log.size(), 60u);
  EXPECT_EQ(log[3].step, 3);
  EXPECT_EQ(log[0].tokens, 8u * 5);
  EXPECT_DOUBLE_EQ(log[0].lr, 1e-2 / 5);
  const auto mean = [&log](size_t first) {
    double sum = 0.0;
    for (size_t i = first; i < first + 20; ++i) sum += log[i].loss;
    return sum / 20;
  };
  EXPECT_LT(mean(40), 0.6 * mean(0));
}

TEST(SftTest, AStageRepeatsItselfBitByBit) {
  std::vector<Digest> results;
  for (int run = 0; run < 2; ++run) {
    const Transformer model = TinyModel();
    ASSERT_TRUE(
        RunSftStage(model, model.weights(), CopyTask(), ShortStage(), nullptr)
            .ok());
    results.push_back(HashTensors(model.weights()));
  }
  EXPECT_EQ(results[0], results[1]);
}

TEST(SftTest, MicroBatchesDoNotChangeTheResult) {
  std::vector<SftRow> rows = CopyTask();
  rows[2].answer = {5};           // padded with EOS
  rows[4].prompt = {1, 1, 7, 7};  // prompts of different length in one batch
  SftStage stage = ShortStage();
  stage.steps = 3;
  std::vector<Transformer> models;
  for (const int64_t micro_batch_tokens : {1 << 20, 14}) {
    models.push_back(TinyModel(TinyConfig(), at::kDouble));
    stage.micro_batch_tokens = micro_batch_tokens;
    ASSERT_TRUE(RunSftStage(models.back(), models.back().weights(), rows, stage,
                            nullptr)
                    .ok());
  }
  for (size_t i = 0; i < models[0].weights().size(); ++i) {
    EXPECT_TRUE(at::allclose(models[0].weights()[i].tensor,
                             models[1].weights()[i].tensor, 1e-9, 1e-10));
  }
}

TEST(SftTest, RowsThatCannotBeTrainedAreRefusedByNumber) {
  const Transformer model = TinyModel();
  std::vector<SftRow> rows = CopyTask();
  rows[3].answer = {};
  const absl::Status status =
      RunSftStage(model, model.weights(), rows, ShortStage(), nullptr);
  EXPECT_EQ(status.message(), "sft: row 3: the answer is empty");
  EXPECT_FALSE(
      RunSftStage(model, model.weights(), {}, ShortStage(), nullptr).ok());
}

}  // namespace
}  // namespace mdrl
