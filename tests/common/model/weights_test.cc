#include "common/model/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>

#include "ATen/ops/equal.h"
#include "ATen/ops/ones.h"
#include "common/base/hash.h"
#include "common/base/philox.h"
#include "common/model/inverse_normal.h"
#include "tests/testing/tiny_model.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

TEST(InverseNormalTest, InvertsTheDistributionFunction) {
  EXPECT_EQ(InverseNormal(0.5), 0.0);
  EXPECT_NEAR(InverseNormal(0.975), 1.959963984540054, 1e-14);
  for (const double p : {0x1p-24, 1e-6, 0.01, 0.07, 0.3, 0.6, 0.93, 0.9999}) {
    const double x = InverseNormal(p);
    EXPECT_NEAR(0.5 * std::erfc(-x / std::sqrt(2.0)) / p, 1.0, 1e-13) << p;
    EXPECT_NEAR(InverseNormal(1 - p), -x, 1e-8 * std::abs(x)) << p;
  }
}

TEST(InitWeightsTest, EveryTensorHasItsSpread) {
  ModelConfig config = ExampleConfig();
  config.vocab = 512;
  const NamedTensors weights = InitWeights(config, 7);
  const auto spread = [&weights](const std::string& name) {
    return FindTensor(weights, "model.transformer." + name)
        ->std()
        .item<double>();
  };
  // 2 % is five standard errors of the smallest tensor, 64 x 64.
  const double block = std::sqrt(2.0 * 3);
  EXPECT_NEAR(spread("wte.weight") / 0.02, 1.0, 0.06);
  EXPECT_NEAR(spread("ff_out.weight") * 8.0, 1.0, 0.06);
  EXPECT_NEAR(spread("blocks.1.q_proj.weight") * 8.0, 1.0, 0.06);
  EXPECT_NEAR(spread("blocks.1.attn_out.weight") * 8.0 * block, 1.0, 0.06);
  EXPECT_NEAR(spread("blocks.2.ff_out.weight") * std::sqrt(192.0) * block, 1.0,
              0.06);
  EXPECT_TRUE(at::equal(*FindTensor(weights, "model.transformer.ln_f.weight"),
                        at::ones({64})));
}

TEST(InitWeightsTest, AnElementIsAFunctionOfSeedNameAndIndex) {
  const NamedTensors weights = InitWeights(ExampleConfig(), 7);
  const std::string name = "model.transformer.blocks.0.up_proj.weight";
  const Digest digest = Sha256Of(name);
  const uint64_t key =
      PhiloxKey(7, 0, std::span<const uint8_t, 16>(digest.bytes.data(), 16));
  const PhiloxSequence draws(key, Stream::kInit, 0, 0, 0);
  const at::Tensor flat = FindTensor(weights, name)->view(-1);
  for (const int64_t i : {0, 5, 4095, 4096, 12287}) {
    EXPECT_EQ(
        flat[i].item<float>(),
        static_cast<float>(0.125 * InverseNormal(PhiloxUniform(draws.At(i)))));
  }
  EXPECT_EQ(ParamsHash(weights), ParamsHash(InitWeights(ExampleConfig(), 7)));
  EXPECT_NE(ParamsHash(weights), ParamsHash(InitWeights(ExampleConfig(), 8)));
}

TEST(PackWeightsTest, UnpackingGivesTheSameModel) {
  const Transformer model = TinyModel();
  PackedWeights packed = PackWeights(model.weights());
  const auto back = UnpackWeights(model.config(), packed.tensors, packed.bytes);
  ASSERT_TRUE(back.ok()) << back.status();
  for (size_t i = 0; i < back->size(); ++i) {
    EXPECT_EQ((*back)[i].name, model.weights()[i].name);
    EXPECT_TRUE(at::equal((*back)[i].tensor, model.weights()[i].tensor));
  }
  EXPECT_EQ(ParamsHash(*back), ParamsHash(model.weights()));
}

TEST(PackWeightsTest, WhatDoesNotFitTheArchitectureIsRefusedByName) {
  const Transformer model = TinyModel();
  const PackedWeights good = PackWeights(model.weights());
  const auto refusal = [&](auto change) {
    PackedWeights bad = good;
    change(bad);
    const auto status =
        UnpackWeights(model.config(), bad.tensors, bad.bytes).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  };
  const std::string first = good.tensors[0].name;
  EXPECT_EQ(refusal([](auto& p) { p.tensors.erase(p.tensors.begin()); }),
            "tensor " + first + " is missing");
  EXPECT_EQ(refusal([](auto& p) { p.tensors.push_back(p.tensors[0]); }),
            "tensor " + first + " is there twice");
  EXPECT_THAT(refusal([](auto& p) { p.tensors[0].name = "lm_head"; }),
              HasSubstr("tensor lm_head is not part of this architecture"));
  EXPECT_THAT(refusal([](auto& p) { p.tensors[0].shape = {1}; }),
              HasSubstr("the configuration wants [16]"));
  EXPECT_THAT(refusal([](auto& p) { p.tensors[0].dtype = "I32"; }),
              HasSubstr("is I32"));
  EXPECT_THAT(refusal([](auto& p) { p.tensors[0].bytes -= 4; }),
              HasSubstr("bytes cannot be F32"));
  EXPECT_THAT(refusal([](auto& p) { p.tensors[0].offset = ~0ull; }),
              HasSubstr("outside the bytes"));
}

TEST(WriteModelFolderTest, AWrittenFolderLoadsBitForBit) {
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / "weights_test_model";
  std::filesystem::create_directories(folder);
  const auto config = ParseLladaConfig(kTinyConfigJson, "test");
  ASSERT_TRUE(config.ok()) << config.status();
  const NamedTensors weights = InitWeights(*config, 3);
  ASSERT_TRUE(WriteModelFolder(folder, *config, weights).ok());
  const auto opened = ModelFolder::Open(folder);
  ASSERT_TRUE(opened.ok()) << opened.status();
  const auto loaded = LoadWeights(**opened);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(ParamsHash(*loaded), ParamsHash(weights));
  // Read-only weights stay in the file and need no memory.
  const auto mapped =
      LoadFrozenWeights(*ModelFolder::Open(folder), /*memory_bytes=*/0);
  ASSERT_TRUE(mapped.ok()) << mapped.status();
  EXPECT_EQ(ParamsHash(*mapped), ParamsHash(weights));

  NamedTensors narrow;
  for (const NamedTensor& weight : weights) {
    narrow.push_back({weight.name, weight.tensor.to(at::kBFloat16)});
  }
  ASSERT_TRUE(WriteModelFolder(folder, *config, narrow).ok());
  for (const bool room : {false, true}) {
    const auto frozen =
        LoadFrozenWeights(*ModelFolder::Open(folder), room ? 1 << 20 : 1 << 10);
    ASSERT_TRUE(frozen.ok()) << frozen.status();
    EXPECT_EQ(frozen->front().tensor.scalar_type(),
              room ? at::kFloat : at::kBFloat16);
    EXPECT_TRUE(at::equal(frozen->back().tensor.to(at::kFloat),
                          narrow.back().tensor.to(at::kFloat)));
  }

  NamedTensors extra = weights;
  extra.push_back({"zzz", at::ones({1})});
  ASSERT_TRUE(WriteModelFolder(folder, *config, extra).ok());
  const auto refused = ModelFolder::Open(folder).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("weights_test_model"));
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("zzz is not of this architecture"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace mdrl
