#include "services/learner/model_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/model/weights.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// The example's tokenizer over a small random model.
class ModelSourceTest : public ::testing::Test {
 protected:
  ModelSourceTest()
      : folder_(fs::path(::testing::TempDir()) /
                absl::StrCat("mdrl-model-source-", getpid())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    const fs::path example = "examples/sort/model";
    const auto config = ReadLladaConfig(example / "config.json");
    EXPECT_TRUE(config.ok()) << config.status();
    EXPECT_TRUE(
        WriteModelFolder(folder_, *config, InitWeights(*config, 5)).ok());
    fs::copy(example / "tokenizer.json", folder_ / "tokenizer.json");
  }
  ~ModelSourceTest() override { fs::remove_all(folder_); }

  absl::StatusOr<ModelSource> Read(const LoraRunSettings& lora) const {
    return ReadModelSource(folder_, /*random_init=*/false, /*seed=*/1, lora);
  }

  const fs::path folder_;
};

TEST_F(ModelSourceTest, AFullRunTrainsTheWeightsAndKeepsTheFolder) {
  const auto source = ReadModelSource(folder_, /*random_init=*/false, 1);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_FALSE(source->lora.has_value());
  EXPECT_EQ(source->files.size(), 2u);  // config.json, tokenizer.json
}

TEST_F(ModelSourceTest, ALoraRunHasAFreshAdapterThatNamesItsBase) {
  const auto source = Read({.rank = 2, .alpha = 4.0});
  ASSERT_TRUE(source.ok()) << source.status();
  ASSERT_TRUE(source->lora.has_value());
  EXPECT_EQ(source->lora->settings.base_model, folder_.string());
  EXPECT_EQ(source->lora->adapter.tensors().size(),
            2u * 7 * source->config.n_layers);
  ASSERT_EQ(source->files.size(), 2u);
  EXPECT_EQ(source->files[0].name, "adapter_config.json");
  EXPECT_THAT(source->files[0].bytes, HasSubstr(folder_.string()));
  EXPECT_THAT(source->files[1].bytes, HasSubstr("Rank: 2"));
  // Another base is another hash, which workers compare.
  const auto config = ReadLladaConfig(folder_ / "config.json");
  ASSERT_TRUE(WriteModelFolder(folder_, *config, InitWeights(*config, 6)).ok());
  EXPECT_NE(Read({.rank = 2})->base_model_hash, source->base_model_hash);
}

TEST_F(ModelSourceTest, TargetsThatMatchNothingAreNamedUnlessPassedOver) {
  LoraRunSettings lora{.rank = 2, .targets = {"q_proj", "o_proj"}};
  const absl::Status refused = Read(lora).status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("lora.targets"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("o_proj"));
  lora.ignore_unmatched_targets = true;
  const auto source = Read(lora);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(source->lora->adapter.tensors().size(),
            2u * source->config.n_layers);
}

TEST_F(ModelSourceTest, ATokenizerLargerThanTheEmbeddingIsRefused) {
  std::ifstream in(folder_ / "config.json");
  std::string text(std::istreambuf_iterator<char>(in), {});
  in.close();
  for (const std::string key : {"vocab_size", "embedding_size"}) {
    const size_t at = text.find(absl::StrCat("\"", key, "\":"));
    if (at == std::string::npos) continue;
    const size_t number = text.find_first_of("0123456789", at);
    text.replace(number, text.find_first_not_of("0123456789", number) - number,
                 "24");
  }
  std::ofstream(folder_ / "config.json") << text;
  const absl::Status status =
      ReadModelSource(folder_, /*random_init=*/true, 1).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("tokenizer"));
}

}  // namespace
}  // namespace mdrl
