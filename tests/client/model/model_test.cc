#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/model/describe.h"
#include "client/model/export.h"
#include "client/model/verify.h"
#include "common/format/file.h"
#include "common/format/model_folder.h"
#include "common/format/weight_files.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kConfig[] =
    R"({"architectures":["LLaDAModelLM"],"model_type":"llada","d_model":4,)"
    R"("n_layers":1,"n_heads":2,"mlp_hidden_size":6,"vocab_size":5,)"
    R"("max_sequence_length":8,"mask_token_id":0,"eos_token_id":1})";

// `last` is the largest id.
std::string TokenizerJson(int last) {
  return nlohmann::json{
      {"decoder", {{"type", "Fuse"}}},
      {"model", {{"type", "BPE"}, {"vocab", {{"a", 0}, {"b", last}}}}}}
      .dump();
}

class ClientModelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::path(::testing::TempDir()) / "client_model";
    fs::remove_all(root_);
    fs::create_directories(Model());
    Write("config.json", kConfig);
    Write("tokenizer.json", TokenizerJson(4));
    Write("LICENSE", "free");
    WriteWeights('\1');
  }
  void TearDown() override { fs::remove_all(root_); }

  fs::path Model() const { return root_ / "model"; }
  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(Model() / name, text).ok());
  }
  // In two shards, every byte `fill`.
  void WriteWeights(char fill) {
    const std::string bytes(1024, fill);
    std::vector<TensorToWrite> tensors;
    for (const TensorSpec& spec :
         LladaTensors(*ParseLladaConfig(kConfig, ""))) {
      uint64_t size = 2;
      for (const uint64_t dimension : spec.shape) size *= dimension;
      tensors.push_back({spec.name, "BF16", spec.shape,
                         std::string_view(bytes).substr(0, size)});
    }
    ASSERT_TRUE(WriteWeightFiles(Model(), tensors, 300).ok());
  }

  fs::path root_;
};

TEST_F(ClientModelTest, InspectTellsWhatIsThere) {
  const auto model = DescribeModel(Model());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->parameters, 2u * 5 * 4 + 4 * 16 + 3 * 24 + 3 * 4);
  EXPECT_EQ(model->weight_bytes, 2 * model->parameters);
  EXPECT_EQ(model->tensors, 12u);
  EXPECT_EQ(model->files, 2u);
  EXPECT_EQ(model->tokens, 5);
  const std::string text = DescriptionText(*model, {1, 8}, 2);
  EXPECT_THAT(text, HasSubstr("LLaDAModelLM: 1 blocks, d_model 4"));
  EXPECT_THAT(text, HasSubstr("12 tensors (12 BF16), 376 bytes in 2 files"));
  EXPECT_THAT(text, HasSubstr("train adapter, GPU"));
  const auto json = nlohmann::json::parse(DescriptionJson(*model, {1, 8}, 2));
  EXPECT_EQ(json["tensors_by_dtype"]["BF16"], 12);
  EXPECT_GT(json["memory"]["decode, CPU"]["bytes"], 376);
}

TEST_F(ClientModelTest, AFolderWithoutWeightsIsDescribedAllTheSame) {
  fs::remove(Model() / kWeightIndexFile);
  const auto model = DescribeModel(Model());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->files, 0u);
  EXPECT_THAT(DescriptionText(*model, {}, 2), HasSubstr("to be initialised"));
}

TEST_F(ClientModelTest, ATokenizerLargerThanTheEmbeddingIsRefused) {
  Write("tokenizer.json", TokenizerJson(5));
  const auto model = DescribeModel(Model());
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()),
              HasSubstr("tokenizer.json: has ids up to 5"));
}

TEST_F(ClientModelTest, AnotherArchitectureIsRefusedByKey) {
  std::string config = kConfig;
  config.replace(config.find("\"llada\""), 7, "\"llama\"");
  Write("config.json", config);
  EXPECT_THAT(std::string(DescribeModel(Model()).status().message()),
              HasSubstr("model_type is \"llama\""));
}

TEST_F(ClientModelTest, AModelFolderHasWeightsAndNoManifest) {
  EXPECT_TRUE(IsModelFolder(Model()));
  EXPECT_FALSE(IsModelFolder(root_));
  Write("MANIFEST.json", "{}");
  EXPECT_FALSE(IsModelFolder(Model()));
}

TEST_F(ClientModelTest, VerifyNamesTensorsWithValuesThatAreNoNumbers) {
  EXPECT_TRUE(VerifyModel(Model()).ok());
  WriteWeights('\xFF');
  const auto status = VerifyModel(Model()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("model.transformer.ln_f.weight (4)"));
}

TEST_F(ClientModelTest, ExportCopiesTheModelAndLeavesTheRestBehind) {
  Write("MANIFEST.json", "{}");
  fs::create_directories(Model() / "training");
  const auto out = ExportModel(Model(), root_ / "out/");
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_THAT(
      out->files,
      ElementsAre("LICENSE", "config.json", "model-00001-of-00002.safetensors",
                  "model-00002-of-00002.safetensors",
                  "model.safetensors.index.json", "tokenizer.json"));
  for (const std::string& name : out->files) {
    EXPECT_EQ(*ReadFile(root_ / "out" / name), *ReadFile(Model() / name));
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(root_ / "out"), {}), 6);
  EXPECT_EQ(ExportModel(Model(), root_ / "out").status().code(),
            absl::StatusCode::kAlreadyExists);
}

TEST_F(ClientModelTest, AnAdapterIsExportedWithItsTwoFiles) {
  const fs::path adapter = "tests/golden/peft/lora_rank_alpha_pattern";
  const auto out = ExportModel(adapter, root_ / "adapter");
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_THAT(out->files,
              ElementsAre("adapter_config.json", "adapter_model.safetensors"));
}

TEST_F(ClientModelTest, AFolderThatDoesNotReadIsExportedNotAtAll) {
  const fs::path shard = Model() / "model-00002-of-00002.safetensors";
  fs::resize_file(shard, fs::file_size(shard) - 1);
  const auto out = ExportModel(Model(), root_ / "out");
  EXPECT_THAT(std::string(out.status().message()), HasSubstr("cut short"));
  fs::remove(shard);
  EXPECT_FALSE(ExportModel(Model(), root_ / "out").ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(root_), {}), 1);
}

}  // namespace
}  // namespace mdrl
