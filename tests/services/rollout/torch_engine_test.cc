#include "services/rollout/torch_engine.h"

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ATen/ops/argmax.h"
#include "ATen/ops/log_softmax.h"
#include "ATen/ops/tensor.h"
#include "absl/strings/str_cat.h"
#include "common/format/peft.h"
#include "common/model/adapter_source.h"
#include "common/model/head.h"
#include "common/model/weights.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/tiny_model.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// A codec is not needed where nothing travels.
const ManifestCodec kNoCodec = {
    [](const Manifest& manifest) { return std::to_string(manifest.version); },
    nullptr};

std::shared_ptr<const Snapshot> TinySnapshot(Canary canary = {}) {
  PackedWeights packed = PackWeights(TinyModel().weights());
  Manifest manifest;
  manifest.version = 4;
  manifest.tensors = std::move(packed.tensors);
  manifest.canary = std::move(canary);
  return MakeSnapshot(std::move(manifest), std::move(packed.bytes), kNoCodec);
}

Lease TinyLease(uint32_t number, uint32_t group_size) {
  Lease lease;
  lease.key.group_id.bytes[0] = static_cast<uint8_t>(number);
  lease.group_size = group_size;
  lease.prompt_tokens = {3, 4, 5, static_cast<int32_t>(3 + number % 6)};
  lease.philox_key = 77 * number + 1;
  lease.decode.canvas_tokens = 8;
  lease.decode.block_tokens = 4;
  lease.decode.decode_steps = 4;
  lease.decode.temperature = 0.9f;
  lease.decode.reveal = Reveal::kLowConfidence;
  lease.decode.stop_at_eos = true;
  lease.decode.forbid_ids = {0};
  return lease;
}

// All but how long its company kept a completion in the forwards.
void ExpectSame(const std::vector<Completion>& a,
                const std::vector<Completion>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].index, b[i].index);
    EXPECT_EQ(a[i].tokens, b[i].tokens);
    EXPECT_EQ(a[i].reveal_step, b[i].reveal_step);
    EXPECT_EQ(a[i].confidence, b[i].confidence);
    EXPECT_EQ(a[i].effective_tokens, b[i].effective_tokens);
    EXPECT_EQ(a[i].truncated, b[i].truncated);
  }
}

const StepWatch kGoOn = [](uint32_t, uint32_t) { return true; };

TEST(TorchEngineTest, AGroupIsTheSameAloneAndInCompany) {
  TorchEngine engine(TinyConfig(), 1);
  engine.PrepareThread();
  const auto policy = engine.Load(*TinySnapshot());
  ASSERT_TRUE(policy.ok()) << policy.status();
  std::vector<Lease> leases;
  for (uint32_t i = 0; i < 9; ++i) leases.push_back(TinyLease(i, 1 + i % 4));
  std::vector<const Lease*> all;
  for (const Lease& lease : leases) all.push_back(&lease);
  const auto together = (*policy)->Decode(all, kGoOn);
  ASSERT_TRUE(together.ok()) << together.status();
  ASSERT_THAT(*together, SizeIs(9));
  for (size_t i = 0; i < leases.size(); ++i) {
    const Lease* one = &leases[i];
    const auto alone = (*policy)->Decode(std::span(&one, 1), kGoOn);
    ASSERT_TRUE(alone.ok());
    ASSERT_THAT(alone->front(), SizeIs(leases[i].group_size));
    SCOPED_TRACE(i);
    ExpectSame(alone->front(), (*together)[i]);
  }
}

TEST(TorchEngineTest, TheSelfTestFindsRowsIndependent) {
  TorchEngine engine(TinyConfig(), 1);
  const auto policy = engine.Load(*TinySnapshot());
  ASSERT_TRUE(policy.ok());
  const auto same = RowsIgnoreCompany(**policy, TinyLease(1, 4), 32, kGoOn);
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_TRUE(*same);
}

TEST(TorchEngineTest, TheWatchStopsDecoding) {
  TorchEngine engine(TinyConfig(), 1);
  const auto policy = engine.Load(*TinySnapshot());
  ASSERT_TRUE(policy.ok());
  const Lease lease = TinyLease(1, 2);
  const Lease* one = &lease;
  int steps = 0;
  const auto stopped = (*policy)->Decode(
      std::span(&one, 1), [&steps](uint32_t, uint32_t) { return ++steps < 2; });
  EXPECT_TRUE(absl::IsCancelled(stopped.status())) << stopped.status();
  EXPECT_EQ(steps, 2);
}

TEST(TorchEngineTest, ForeignTensorsAreRefused) {
  TorchEngine engine(ExampleConfig(), 1);
  EXPECT_TRUE(absl::IsInvalidArgument(engine.Load(*TinySnapshot()).status()));
}

TEST(TorchEngineTest, TheCanaryMustComeOutAsTheLearnerSaw) {
  const Transformer model = TinyModel();
  Canary canary;
  canary.tokens = {3, 4, 0, 0};
  canary.positions = {2, 3};
  canary.tolerance = 1e-4f;
  const at::Tensor ids = at::tensor(std::vector<int64_t>{3, 4, 0, 0});
  const at::Tensor logp_LV = at::log_softmax(
      Logits(model, model.Hidden(ids.unsqueeze(0), 0, 4)[0]), -1);
  for (const int32_t at : canary.positions) {
    const int64_t best = at::argmax(logp_LV[at]).item<int64_t>();
    canary.argmax.push_back(static_cast<int32_t>(best));
    canary.logp.push_back(logp_LV[at][best].item<float>());
  }
  TorchEngine engine(TinyConfig(), 1);
  const absl::Status right = engine.Load(*TinySnapshot(canary)).status();
  EXPECT_TRUE(right.ok()) << right;

  Canary wrong = canary;
  wrong.logp[1] += 0.1f;
  const absl::Status status = engine.Load(*TinySnapshot(wrong)).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("canary"));
  wrong = canary;
  wrong.tokens[0] = 400;
  EXPECT_TRUE(absl::IsDataLoss(engine.Load(*TinySnapshot(wrong)).status()));
  wrong = canary;
  wrong.positions[0] = 4;
  EXPECT_TRUE(absl::IsDataLoss(engine.Load(*TinySnapshot(wrong)).status()));
}

TEST(TorchEngineTest, AnAdapterRunsBesideTheBaseFromThisDisk) {
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) /
      absl::StrCat("mdrl-engine-", getpid());
  std::filesystem::create_directories(folder);
  const auto config = ParseLladaConfig(kTinyConfigJson, "test");
  ASSERT_TRUE(config.ok()) << config.status();
  const NamedTensors weights = InitWeights(*config, 3);
  ASSERT_TRUE(WriteModelFolder(folder, *config, weights).ok());
  const std::vector<std::string> block = {"block"};
  const auto settings = MakeLoraSettings(*config, 2, 4.0, block, {});
  ASSERT_TRUE(settings.ok()) << settings.status();
  const Adapter adapter = Adapter::Init(*LoraTargetsOf(*config, *settings), 1);
  for (const NamedTensor& factor : adapter.tensors()) factor.tensor.add_(0.05);

  PackedWeights packed = PackWeights(adapter.tensors());
  Manifest manifest;
  manifest.encoding = Encoding::kAdapter;
  manifest.adapter_config_json = LoraConfigJson(*settings);
  manifest.tensors = packed.tensors;
  const auto snapshot = MakeSnapshot(manifest, packed.bytes, kNoCodec);

  TorchEngine without(*config, 1);
  EXPECT_THAT(without.Load(*snapshot).status().ToString(),
              HasSubstr("lora.enabled false"));
  TorchEngine engine(*config, 1);
  ASSERT_TRUE(engine.ReadBase(folder).ok());
  const auto policy = engine.Load(*snapshot);
  ASSERT_TRUE(policy.ok()) << policy.status();
  // The same as the merged weights would give, at temperature 0.
  PackedWeights merged = PackWeights(MergeAdapter(weights, adapter));
  Manifest full;
  full.encoding = Encoding::kFull;
  full.tensors = merged.tensors;
  const auto merged_policy =
      engine.Load(*MakeSnapshot(full, merged.bytes, kNoCodec));
  ASSERT_TRUE(merged_policy.ok()) << merged_policy.status();
  Lease lease = TinyLease(1, 2);
  lease.decode.temperature = 0.0f;
  const Lease* one = &lease;
  const auto a = (*policy)->Decode(std::span(&one, 1), kGoOn);
  const auto b = (*merged_policy)->Decode(std::span(&one, 1), kGoOn);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(a->front()[0].tokens, b->front()[0].tokens);

  manifest.tensors.pop_back();
  EXPECT_THAT(engine.Load(*MakeSnapshot(manifest, packed.bytes, kNoCodec))
                  .status()
                  .ToString(),
              HasSubstr("is missing"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace mdrl
