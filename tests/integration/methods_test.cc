// Every method through the whole loop: decode, score, train, publish, resume.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "services/learner/algorithm/registry.h"
#include "tests/integration/loop_rig.h"

namespace mdrl {
namespace {

class MethodsTest : public testing::TestWithParam<std::string> {
 protected:
  // Two steps a round, a checkpoint after each round.
  static RunSettings Settings(uint64_t rounds) {
    RunSettings settings{.rounds = rounds};
    settings.change = [](LearnerOptions& options) {
      options.algorithm.name = GetParam();
      options.algorithm.corruption.mask_prompt.reset();
      options.iterations = 2;
      options.checkpoint.every_rounds = 1;
      if (GetParam() != "justgrpo") return;
      options.desk.decode.block_tokens = 1;
      options.desk.eval_decode.front().block_tokens = 1;
    };
    return settings;
  }
};

TEST_P(MethodsTest, TwoRunsAreEqualBitForBitThoughOneWasBroken) {
  const RunOutcome whole = RunFresh(Settings(3), GetParam() + "-whole");
  ASSERT_TRUE(whole.status.ok()) << whole.status;
  EXPECT_EQ(whole.steps, 6u);
  EXPECT_EQ(whole.tickets.trained, 18u);

  RunSettings settings = Settings(2);
  settings.folder = LoopFolder(GetParam() + "-broken");
  std::filesystem::remove_all(settings.folder);
  ASSERT_TRUE(RunLoop(settings).status.ok());
  // The second round is trained again, from its groups in the ledger.
  ASSERT_TRUE(std::filesystem::remove_all(settings.folder +
                                          "/checkpoints/step-000004") > 0);
  settings.rounds = 3;
  const RunOutcome resumed = RunLoop(settings);
  ASSERT_TRUE(resumed.status.ok()) << resumed.status;
  EXPECT_EQ(resumed.steps, 6u);
  EXPECT_EQ(resumed.chain, whole.chain);
  std::filesystem::remove_all(settings.folder);
}

INSTANTIATE_TEST_SUITE_P(Registry, MethodsTest,
                         testing::ValuesIn(AlgorithmNames()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace mdrl
