#include "common/format/model_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "common/format/file.h"
#include "tests/testing/golden.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

constexpr char kConfig[] =
    R"({"model_type":"llada","d_model":4,"n_layers":1,"n_heads":2,)"
    R"("mlp_hidden_size":6,"vocab_size":5,"max_sequence_length":8,)"
    R"("mask_token_id":0,"eos_token_id":1})";

class ModelFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("model_folder_" + std::to_string(getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    Write("config.json", kConfig);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, std::string_view text) {
    ASSERT_TRUE(WriteFileAtomically(folder_ / name, text).ok());
  }
  // The tensors that kConfig implies, without `lacking`.
  void WriteWeights(const std::string& name, const std::string& lacking) {
    const auto config = ParseLladaConfig(kConfig, "c");
    ASSERT_TRUE(config.ok()) << config.status();
    const std::string zeros(1024, '\0');
    std::vector<TensorToWrite> tensors;
    for (const TensorSpec& spec : LladaTensors(*config)) {
      if (spec.name == lacking) continue;
      uint64_t bytes = 4;
      for (const uint64_t dimension : spec.shape) bytes *= dimension;
      tensors.push_back({spec.name, "F32", spec.shape,
                         std::string_view(zeros).substr(0, bytes)});
    }
    ASSERT_TRUE(WriteSafetensors(folder_ / name, tensors, {}).ok());
  }
  std::string Error() {
    const auto folder = ModelFolder::Open(folder_);
    return folder.ok() ? "" : std::string(folder.status().message());
  }

  std::filesystem::path folder_;
};

TEST_F(ModelFolderTest, SingleFileOpens) {
  EXPECT_FALSE(ModelFolder::HasWeights(folder_));
  WriteWeights("model.safetensors", "");
  EXPECT_TRUE(ModelFolder::HasWeights(folder_));
  const auto folder = ModelFolder::Open(folder_);
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ((*folder)->names().size(), 12u);
  EXPECT_TRUE((*folder)->Find("model.transformer.wte.weight").ok());
}

TEST_F(ModelFolderTest, LackingFileOrTensorIsNamed) {
  EXPECT_THAT(Error(), HasSubstr("neither model.safetensors nor"));
  const std::string lacking = "model.transformer.blocks.0.up_proj.weight";
  WriteWeights("model.safetensors", lacking);
  EXPECT_THAT(Error(), HasSubstr(lacking));
  std::filesystem::remove(folder_ / "config.json");
  EXPECT_THAT(Error(), HasSubstr("config.json"));
}

TEST_F(ModelFolderTest, IndexMustMatchItsShards) {
  Write("model.safetensors.index.json",
        R"({"weight_map":{"model.transformer.wte.weight":"a.safetensors"}})");
  EXPECT_THAT(Error(), HasSubstr("a.safetensors"));
  WriteWeights("a.safetensors", "model.transformer.wte.weight");
  EXPECT_THAT(Error(), HasSubstr("no tensor \"model.transformer.wte.weight\""));
  Write("model.safetensors.index.json",
        R"({"weight_map":{"x":"../../etc/passwd"}})");
  EXPECT_THAT(Error(), HasSubstr("must name a file of this folder"));
  Write("model.safetensors.index.json", "{}");
  EXPECT_THAT(Error(), HasSubstr("weight_map"));
}

TEST_F(ModelFolderTest, OtherShapeThanTheConfigurationSaysIsRefused) {
  WriteWeights("model.safetensors", "");
  std::string config = kConfig;
  config.replace(config.find(":6"), 2, ":7");
  Write("config.json", config);
  EXPECT_THAT(Error(), HasSubstr("config.json implies [7,4]"));
}

TEST(ModelFolderGoldenTest, EveryGoldenCheckpointOpens) {
  for (const auto& golden : GoldenFolders()) {
    for (const auto& entry : std::filesystem::directory_iterator(golden)) {
      const std::string name = entry.path().filename();
      if (name.rfind("tiny_llada", 0) != 0) continue;
      const auto folder = ModelFolder::Open(entry.path());
      ASSERT_TRUE(folder.ok()) << folder.status();
      EXPECT_EQ((*folder)->names().size(), 9u * 3 + 3);
    }
  }
}

}  // namespace
}  // namespace mdrl
