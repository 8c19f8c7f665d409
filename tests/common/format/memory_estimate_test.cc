#include "common/format/memory_estimate.h"

#include <gtest/gtest.h>

namespace mdrl {
namespace {

// LLaDA-8B.
LladaConfig Large() {
  LladaConfig config;
  config.d_model = 4096;
  config.n_layers = config.n_heads = config.n_kv_heads = 32;
  config.mlp_hidden = 12288;
  config.vocab = 126464;
  return config;
}

constexpr uint64_t kParameters = 8015581184;

TEST(MemoryEstimateTest, ParametersOfTheEightBillionModel) {
  EXPECT_EQ(ParameterCount(Large()), kParameters);
  // 32 blocks: four maps of 4096 + 4096, three of 4096 + 12288.
  EXPECT_EQ(LoraParameterCount(Large(), 128),
            128u * 32 * (4 * 8192 + 3 * 16384));
}

TEST(MemoryEstimateTest, OneGpuOfEightyGigabytesTrainsAnAdapter) {
  const uint64_t lora = TrainMemory(Large(), Device::kGpu, 2 * kParameters,
                                    {12, 456}, LoraParameterCount(Large(), 128))
                            .Total();
  EXPECT_GT(lora, 45e9);
  EXPECT_LT(lora, 50e9);
  const uint64_t full =
      TrainMemory(Large(), Device::kGpu, 2 * kParameters, {12, 456}, 0).Total();
  EXPECT_GT(full, 18 * kParameters);
}

TEST(MemoryEstimateTest, OnACpuDecodingNeedsTheStoredBytesAndOneBlock) {
  const MemoryEstimate out =
      DecodeMemory(Large(), Device::kCpu, 2 * kParameters, {1, 456});
  EXPECT_GT(out.Total(), 2 * kParameters);
  EXPECT_LT(out.Total(), 18e9);
  ASSERT_EQ(out.parts.size(), 4u);
  EXPECT_EQ(out.parts[1].bytes,
            4u * (4 * 4096 * 4096 + 3 * 4096 * 12288 + 2 * 4096));
  // Stored as it is computed: nothing to widen.
  EXPECT_EQ(DecodeMemory(Large(), Device::kCpu, 4 * kParameters, {1, 456})
                .parts.size(),
            3u);
}

TEST(MemoryEstimateTest, MoreRowsNeedMoreActivationsAlone) {
  const auto one = TrainMemory(Large(), Device::kGpu, 0, {1, 456}, 1000);
  const auto two = TrainMemory(Large(), Device::kGpu, 0, {2, 456}, 1000);
  EXPECT_EQ(two.Total() - one.Total(), 2u * 456 * 32 * (8 * 4096 + 3 * 12288));
}

}  // namespace
}  // namespace mdrl
