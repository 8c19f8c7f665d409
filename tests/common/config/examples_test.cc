// The examples' run files load, check clean and say what their recipes say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/config/check_config.h"
#include "common/config/derived.h"
#include "common/config/load_config.h"
#include "common/format/hf_config.h"
#include "common/text/tokenizer.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;

LoadedConfig Clean(const std::string& path) {
  auto loaded = LoadConfig({.path = path});
  EXPECT_TRUE(loaded.ok()) << loaded.status();
  if (!loaded.ok()) return {};
  EXPECT_TRUE(RequireClean(*loaded).ok()) << RequireClean(*loaded);
  return *std::move(loaded);
}

TEST(ExamplesTest, QuickstartSubmitsAsManyPuzzlesAsItTrains) {
  const config::v1::Run run = Clean("examples/quickstart/run.yaml").run;
  EXPECT_EQ(run.run().stop().rounds(), 40u);
  EXPECT_EQ(run.submit(0).make().count(),
            run.run().stop().rounds() * run.schedule().groups_per_round());
  EXPECT_EQ(run.optimizer().warmup_ratio(), 0.0);
  EXPECT_EQ(EvaluationDecodes(run).size(), 1u);
}

TEST(ExamplesTest, WarmStartEndsAfterItsTwoStages) {
  const config::v1::Run run = Clean("examples/quickstart/warm_start.yaml").run;
  ASSERT_EQ(run.sft_size(), 2);
  EXPECT_EQ(run.sft(0).make().careless(), 0.0);
  EXPECT_EQ(run.sft(1).make().careless(), 0.6);
  EXPECT_TRUE(run.run().stop().after_sft());
}

TEST(ExamplesTest, SortLearnsFromNothing) {
  const config::v1::Run run = Clean("examples/sort/run.yaml").run;
  EXPECT_EQ(run.model().init(), config::v1::Model::RANDOM);
  EXPECT_EQ(run.submit(0).make().count(),
            run.run().stop().rounds() * run.schedule().groups_per_round());
}

TEST(ExamplesTest, Gsm8kTrainsAnAdapterOfTheLargeModel) {
  const config::v1::Run run = Clean("examples/gsm8k/run.yaml").run;
  EXPECT_TRUE(run.lora().enabled());
  EXPECT_EQ(run.lora().rank(), 128u);
  EXPECT_EQ(run.algorithm().name(), "spg");
  EXPECT_TRUE(run.submit(1).held_out());
  // Whole sequences fill a micro-batch.
  EXPECT_EQ(
      run.optimizer().micro_batch_tokens() %
          (run.prompts().max_tokens() + run.rollout().decode().canvas_tokens()),
      0u);
}

TEST(ExamplesTest, ModelFoldersHoldTheVocabularyOfTheRecipe) {
  for (const std::string folder :
       {"examples/quickstart/model", "examples/sort/model"}) {
    const auto tokenizer = Tokenizer::Read(folder + "/tokenizer.json");
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
    EXPECT_EQ((*tokenizer)->size(), 32);
    EXPECT_THAT(*(*tokenizer)->Encode("<bos>09<sep>+ <eos><mask>"),
                ElementsAre(1, 4, 13, 3, 14, 23, 2, 0));
    const auto config = ReadLladaConfig(folder + "/config.json");
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->vocab, 32);
    EXPECT_EQ(config->mlp_hidden, 192);
  }
}

}  // namespace
}  // namespace mdrl
