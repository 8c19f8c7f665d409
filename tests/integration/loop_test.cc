// The loop in one process, with the real learner and real workers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "common/model/adapter_source.h"
#include "tests/integration/loop_rig.h"

namespace mdrl {
namespace {

TEST(LoopTest, EveryTicketIsTrainedAndEveryVersionPublished) {
  const RunOutcome run = RunFresh({}, "whole");
  ASSERT_TRUE(run.status.ok()) << run.status;
  EXPECT_EQ(run.steps, 4u);
  EXPECT_EQ(run.tickets.issued, 24u);
  EXPECT_EQ(run.tickets.trained, 24u);
  EXPECT_EQ(run.tickets.open_total(), 0u);
  EXPECT_THAT(run.lags, ::testing::Each(0u));
  EXPECT_EQ(run.lags.size(), 96u);
  ASSERT_EQ(run.summary.evals.size(), 2u);
  EXPECT_EQ(run.summary.evals.front().n, 8u);
  EXPECT_EQ(run.summary.evals.back().version, 4u);
}

TEST(LoopTest, WorkersComeAndGoWithoutATraceInTheWeights) {
  const RunOutcome one = RunFresh({.workers = 1}, "one");
  const RunOutcome three = RunFresh({.workers = 3}, "three");
  EXPECT_EQ(one.chain, three.chain);
}

TEST(LoopTest, AnotherSeedIsAnotherRun) {
  EXPECT_NE(RunFresh({.seed = 1, .rounds = 1}, "seed1").chain,
            RunFresh({.seed = 2, .rounds = 1}, "seed2").chain);
}

TEST(LoopTest, StalenessStaysWithinItsBound) {
  const RunOutcome run = RunFresh({.max_staleness = 1}, "lag");
  ASSERT_TRUE(run.status.ok()) << run.status;
  EXPECT_THAT(run.lags, ::testing::Each(::testing::Le(1u)));
  EXPECT_THAT(run.lags, ::testing::Contains(1u));
}

TEST(LoopTest, ARunThatEndedEarlyGoesOnToTheSameChain) {
  const RunOutcome whole = RunFresh({.rounds = 5}, "undisturbed");
  // Three rounds, checkpoints after 2 and 3; then two more from the folder.
  RunSettings settings{.folder = LoopFolder("resumed"), .rounds = 3};
  std::filesystem::remove_all(settings.folder);
  ASSERT_TRUE(RunLoop(settings).status.ok());
  settings.rounds = 5;
  // Without the newest checkpoint round 2 is trained again from its groups.
  std::filesystem::remove_all(settings.folder + "/checkpoints/step-000003");
  const RunOutcome resumed = RunLoop(settings);
  ASSERT_TRUE(resumed.status.ok()) << resumed.status;
  EXPECT_EQ(resumed.steps, 5u);
  EXPECT_EQ(resumed.chain, whole.chain);
  std::filesystem::remove_all(settings.folder);
}

TEST(LoopTest, AnAdapterIsTrainedPublishedAndSavedWithoutItsBase) {
  RunSettings settings{.folder = LoopFolder("lora"), .rounds = 3, .lora = true};
  std::filesystem::remove_all(settings.folder);
  const RunOutcome run = RunLoop(settings);
  ASSERT_TRUE(run.status.ok()) << run.status;
  EXPECT_EQ(run.steps, 3u);
  EXPECT_EQ(run.summary.evals.back().version, 3u);
  const std::filesystem::path newest =
      settings.folder + "/checkpoints/step-000003";
  EXPECT_TRUE(std::filesystem::exists(newest / "adapter_config.json"));
  EXPECT_FALSE(std::filesystem::exists(newest / "model.safetensors"));
  // What was saved opens as an adapter of that base, and was trained.
  const auto config = ReadLladaConfig(settings.folder + "/base/config.json");
  const auto loaded = LoadAdapter(newest, *config);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->settings.rank, 4);
  EXPECT_EQ(loaded->adapter.tensors().size(), 2u * 7 * config->n_layers);
  for (const NamedTensor& factor : loaded->adapter.tensors()) {
    EXPECT_GT(factor.tensor.abs().max().item<float>(), 0.0f) << factor.name;
  }
  // And the run goes on from it.
  settings.rounds = 4;
  const RunOutcome resumed = RunLoop(settings);
  ASSERT_TRUE(resumed.status.ok()) << resumed.status;
  std::filesystem::remove_all(settings.folder);
  const RunOutcome whole = RunFresh(settings, "lora-whole");
  EXPECT_EQ(resumed.chain, whole.chain);
  EXPECT_NE(resumed.chain, run.chain);
}

}  // namespace
}  // namespace mdrl
