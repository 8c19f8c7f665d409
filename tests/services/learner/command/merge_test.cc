#include "services/learner/command/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/equal.h"
#include "absl/strings/str_cat.h"
#include "common/format/model_folder.h"
#include "common/format/peft.h"
#include "common/model/adapter_source.h"
#include "common/model/head.h"
#include "common/model/weights.h"
#include "common/tensor/tensor_bytes.h"
#include "tests/testing/tiny_model.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class MergeTest : public ::testing::Test {
 protected:
  MergeTest()
      : root_(fs::path(::testing::TempDir()) /
              absl::StrCat("mdrl-merge-", getpid())),
        config_(*ParseLladaConfig(kTinyConfigJson, "test")) {
    fs::remove_all(root_);
    fs::create_directories(root_ / "base");
    fs::create_directories(root_ / "adapter");
  }
  ~MergeTest() override { fs::remove_all(root_); }

  void WriteBase(at::ScalarType type) {
    NamedTensors weights;
    for (const NamedTensor& weight : InitWeights(config_, 3)) {
      weights.push_back({weight.name, weight.tensor.to(type)});
    }
    ASSERT_TRUE(WriteModelFolder(root_ / "base", config_, weights).ok());
    std::ofstream(root_ / "base" / "tokenizer.json") << "{\"any\": 1}";
  }

  // Rank 2 on the block's maps, B not 0.
  void WriteAdapter(const ModelConfig& config) {
    const std::vector<std::string> targets = {"block"};
    const auto settings = MakeLoraSettings(config, 2, 4.0, targets, {});
    ASSERT_TRUE(settings.ok()) << settings.status();
    const auto resolved = LoraTargetsOf(config, *settings);
    ASSERT_TRUE(resolved.ok()) << resolved.status();
    const Adapter a = Adapter::Init(*resolved, 1);
    std::vector<std::string> bytes;
    bytes.reserve(2 * resolved->size());
    std::vector<LoraPartToWrite> parts;
    for (const LoraTarget& target : *resolved) {
      const Adapter::Factors of = a.Of(target.linear.module);
      for (const at::Tensor& t : {of.a_RI, of.b_OR + 0.125}) {
        AppendTensorBytes(t, bytes.emplace_back());
      }
      parts.push_back({target.linear, target.rank, "F32",
                       bytes[bytes.size() - 2], bytes.back()});
    }
    ASSERT_TRUE(WriteLoraAdapter(root_ / "adapter", *settings, parts).ok());
  }

  MergeFlags Flags() const {
    MergeFlags flags;
    flags.adapter = root_ / "adapter";
    flags.base = root_ / "base";
    flags.to = root_ / "merged";
    return flags;
  }

  const fs::path root_;
  const ModelConfig config_;
};

TEST_F(MergeTest, TheFolderComputesWhatBaseAndAdapterDo) {
  WriteBase(at::kFloat);
  WriteAdapter(config_);
  const auto report = Merge(Flags());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->matrices, 14u);
  EXPECT_EQ(report->dtype, "F32");
  EXPECT_LT(report->lost, 1e-6);

  const auto merged_folder = ModelFolder::Open(root_ / "merged");
  ASSERT_TRUE(merged_folder.ok()) << merged_folder.status();
  const Transformer merged(config_, *LoadWeights(**merged_folder));
  const auto base_folder = ModelFolder::Open(root_ / "base");
  const Transformer base(config_, *LoadWeights(**base_folder));
  const auto adapter = LoadAdapter(root_ / "adapter", config_);
  ASSERT_TRUE(adapter.ok()) << adapter.status();
  const Transformer adapted = base.With(adapter->adapter);
  const at::NoGradGuard no_grad;
  const at::Tensor ids = RandomIds(2, 9, 11);
  const auto logits = [&ids](const Transformer& model) {
    return Logits(model, model.Hidden(ids, 0, 9));
  };
  EXPECT_LT((logits(merged) - logits(adapted)).abs().max().item<float>(),
            2e-4f);
  EXPECT_GT((logits(merged) - logits(base)).abs().max().item<float>(), 1e-2f);
  // Everything else is carried along.
  std::ifstream tokenizer(root_ / "merged" / "tokenizer.json");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(tokenizer), {}),
            "{\"any\": 1}");
}

TEST_F(MergeTest, RoundingToBfloat16IsCounted) {
  WriteBase(at::kBFloat16);
  WriteAdapter(config_);
  const auto report = Merge(Flags());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->dtype, "BF16");
  EXPECT_GT(report->lost, 1e-4);
  EXPECT_LT(report->lost, 0.1);
  EXPECT_THAT(MergeReportText(*report),
              HasSubstr("14 matrices in float32, written as BF16; "));
}

TEST_F(MergeTest, AnAdapterOfAnotherBaseLeavesNothingBehind) {
  WriteBase(at::kFloat);
  ModelConfig other = config_;
  other.d_model = 32;
  WriteAdapter(other);
  const auto report = Merge(Flags());
  EXPECT_TRUE(absl::IsInvalidArgument(report.status())) << report.status();
  EXPECT_THAT(std::string(report.status().message()),
              HasSubstr("expected [2,16]"));
  EXPECT_FALSE(fs::exists(root_ / "merged"));
  EXPECT_FALSE(fs::exists(root_ / "merged.tmp"));
}

TEST_F(MergeTest, AFolderThatExistsIsNotTouched) {
  WriteBase(at::kFloat);
  WriteAdapter(config_);
  fs::create_directories(root_ / "merged");
  EXPECT_TRUE(absl::IsInvalidArgument(Merge(Flags()).status()));
  EXPECT_TRUE(fs::is_empty(root_ / "merged"));
}

TEST(MergeFlagsTest, WhatIsMissingIsNamed) {
  const auto error = [](std::vector<std::string_view> arguments) {
    return std::string(ParseMergeFlags(arguments).status().message());
  };
  EXPECT_THAT(error({}), HasSubstr("adapter's folder is missing"));
  EXPECT_THAT(error({"a"}), HasSubstr("--base is missing"));
  EXPECT_THAT(error({"a", "--base", "b"}), HasSubstr("--to is missing"));
  EXPECT_THAT(error({"a", "--base"}), HasSubstr("--base needs a value"));
  EXPECT_THAT(error({"--dtype", "x"}), HasSubstr("unknown argument"));
  EXPECT_TRUE(ParseMergeFlags(std::vector<std::string_view>{"a", "--base", "b",
                                                            "--to", "c"})
                  .ok());
}

}  // namespace
}  // namespace mdrl
