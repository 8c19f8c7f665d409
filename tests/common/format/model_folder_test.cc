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

constexpr char kSixteen[] = "0123456789abcdef";
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
  // The tensors that kConfig implies, without `lacking`, and `more`.
  void WriteWeights(const std::string& name, const std::string& lacking,
                    const std::vector<TensorToWrite>& more = {}) {
    const auto config = ParseLladaConfig(kConfig, "c");
    ASSERT_TRUE(config.ok()) << config.status();
    const std::string zeros(1024, '\0');
    std::vector<TensorToWrite> tensors = more;
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
  EXPECT_THAT(Error(), HasSubstr("files that are not there: a.safetensors"));
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
  EXPECT_THAT(Error(), HasSubstr("ff_proj.weight has shape [6,4]; expected "
                                 "[7,4]"));
}

TEST_F(ModelFolderTest, EverythingWrongIsListedAtOnce) {
  WriteWeights("model.safetensors", "model.transformer.blocks.0.k_proj.weight",
               {{"extra", "U8", {1}, "x"}});
  std::string config = kConfig;
  config.replace(config.find(":5"), 2, ":6");
  Write("config.json", config);
  const std::string error = Error();
  EXPECT_THAT(error, HasSubstr("4 tensors are not what config.json describes"));
  EXPECT_THAT(error, HasSubstr("wte.weight has shape [5,4]; expected [6,4]"));
  EXPECT_THAT(error, HasSubstr("model.transformer.ff_out.weight has shape"));
  EXPECT_THAT(error, HasSubstr("k_proj.weight is missing; expected [4,4]"));
  EXPECT_THAT(error, HasSubstr("extra is not of this architecture"));
}

TEST_F(ModelFolderTest, AStoredDtypeThatIsNoFloatIsRefused) {
  const std::string name = "model.transformer.ln_f.weight";
  WriteWeights("model.safetensors", name, {{name, "I32", {4}, kSixteen}});
  EXPECT_THAT(Error(), HasSubstr(name + " is stored as I32; expected F32"));
}

TEST_F(ModelFolderTest, ATruncatedShardIsRefusedByName) {
  WriteWeights("model.safetensors", "");
  const auto file = folder_ / "model.safetensors";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  EXPECT_THAT(Error(), HasSubstr("model.safetensors: tensor"));
  EXPECT_THAT(Error(), HasSubstr("cut short"));
}

TEST_F(ModelFolderTest, AShardHoldsNothingThatTheIndexDoesNotKnow) {
  WriteWeights("a.safetensors", "");
  Write("model.safetensors.index.json",
        R"({"weight_map":{"model.transformer.wte.weight":"a.safetensors"}})");
  EXPECT_THAT(Error(), HasSubstr("does not place there"));
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
