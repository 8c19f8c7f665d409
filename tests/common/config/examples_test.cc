// The examples' run files load, check clean and say what their recipes say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "common/config/check_config.h"
#include "common/config/derived.h"
#include "common/config/load_config.h"
#include "common/format/hf_config.h"
#include "common/format/memory_estimate.h"
#include "common/text/tokenizer.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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

// Of the method and the task that a recipe's name says.
TEST(ExamplesTest, EveryRecipeLoadsAndIsWhatItsNameSays) {
  std::set<std::string> methods;
  for (const auto& entry :
       std::filesystem::directory_iterator("examples/recipes")) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string name = entry.path().stem();
    SCOPED_TRACE(name);
    const config::v1::Run run = Clean(entry.path()).run;
    const size_t dash = name.find('-');
    ASSERT_NE(dash, std::string::npos);
    EXPECT_EQ(run.algorithm().name(), name.substr(0, dash));
    EXPECT_TRUE(run.tasks().contains(name.substr(dash + 1)));
    EXPECT_GT(run.run().stop().rounds(), 0u);
    // Generated prompts are as many as the run trains on.
    if (run.submit(0).has_make()) {
      EXPECT_EQ(run.submit(0).make().count(),
                run.run().stop().rounds() * run.schedule().groups_per_round());
    }
    std::ifstream file(entry.path());
    EXPECT_THAT(std::string(std::istreambuf_iterator<char>(file), {}),
                HasSubstr("\n# departure: "));
    methods.insert(run.algorithm().name());
  }
  EXPECT_THAT(methods,
              ElementsAre("bgpo", "diffu_grpo", "dtm", "espo", "justgrpo",
                          "rspo", "spg", "tracerl", "unigrpo", "wd1"));
}

// The shape that recipes are checked with where the model is not at hand.
TEST(ExamplesTest, RecipesKnowTheShapeOfTheirModel) {
  const auto config =
      ReadLladaConfig("examples/recipes/llada-8b-instruct/config.json");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(ParameterCount(*config), 8'015'581'184u);
  EXPECT_EQ(config->torch_dtype, "bfloat16");
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
