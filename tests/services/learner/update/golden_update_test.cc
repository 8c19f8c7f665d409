// The published SPG step on all weights of the golden model, end to end.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/arange.h"
#include "ATen/ops/linalg_vector_norm.h"
#include "ATen/ops/zeros.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/format/model_folder.h"
#include "common/format/safetensors.h"
#include "common/tensor/tensor_bytes.h"
#include "gtest/gtest.h"
#include "services/learner/algorithm/registry.h"
#include "services/learner/update/gradient.h"
#include "tests/testing/golden.h"

namespace mdrl {
namespace {

constexpr char kCase[] = "spg_mix_fullweights";

at::Tensor ToTensor(const absl::StatusOr<TensorView>& view) {
  MDRL_CHECK(view.ok()) << view.status().message();
  const auto tensor = TensorFromBytes(view->dtype, view->shape, view->bytes);
  MDRL_CHECK(tensor.ok()) << tensor.status().message();
  return *tensor;
}

Transformer ReadModel(const std::filesystem::path& folder) {
  const auto files = ModelFolder::Open(folder);
  MDRL_CHECK(files.ok()) << files.status().message();
  NamedTensors weights;
  for (const TensorSpec& spec : LladaTensors((*files)->config())) {
    at::Tensor weight = ToTensor((*files)->Find(spec.name));
    weights.push_back({spec.name, weight.set_requires_grad(true)});
  }
  SortByName(weights);
  return Transformer((*files)->config(), std::move(weights));
}

double MaxAbs(const at::Tensor& x) { return x.abs().max().item<double>(); }

class GoldenUpdateTest : public testing::TestWithParam<std::filesystem::path> {
};

TEST_P(GoldenUpdateTest, ReadoutsLossAndAllGradientsEqualThePublishedOnes) {
  const std::filesystem::path folder = GetParam();
  const auto file =
      SafetensorsFile::Open(folder / (std::string(kCase) + ".safetensors"));
  ASSERT_TRUE(file.ok()) << file.status();
  const auto read = [&file](const std::string& name) {
    return ToTensor((*file)->Find(name));
  };
  const Transformer model = ReadModel(folder.parent_path() / "tiny_llada");
  AlgorithmSettings settings;  // mix, beta 1.5, omega 0.5: the case's own
  const auto algorithm = MakeAlgorithm(settings);
  ASSERT_TRUE(algorithm.ok()) << algorithm.status();

  const at::Tensor perturbed_BST = read("perturbed");
  const at::Tensor completion_BL = read("completion_ids");
  const at::Tensor inside_BL = read("completion_mask").to(at::kBool);
  const int64_t prompt = read("prompt_ids").size(1);
  const int64_t canvas = completion_BL.size(1);
  const int64_t samples = perturbed_BST.size(1);
  StepBatch batch;
  batch.scored_BSL = read("is_masked")
                         .narrow(2, prompt, canvas)
                         .logical_and(inside_BL.unsqueeze(1));
  MicroBatch micro;
  micro.ids_RT = perturbed_BST.flatten(0, 1);
  micro.target_RL = completion_BL.repeat_interleave(samples, 0);
  micro.scored_RL = batch.scored_BSL.flatten(0, 1);
  micro.sample_R = at::arange(micro.ids_RT.size(0), at::kLong);
  micro.prompt_tokens = prompt;
  batch.micro_batches = {micro};
  batch.tokens = micro.tokens();

  {
    const at::NoGradGuard no_grad;
    const at::Tensor published_RL = read("per_token_logps").flatten(0, 1);
    const at::Tensor difference_RL =
        (Readouts(model, micro) - published_RL)
            .masked_fill(micro.scored_RL.logical_not(), 0.0);
    EXPECT_LT(MaxAbs(difference_RL), 1e-4);
  }

  LossInputs in;
  in.scored_BSL = batch.scored_BSL;
  in.length_B = inside_BL.sum(1).to(at::kFloat);
  in.weight_BS = (in.length_B.unsqueeze(1) / batch.scored_BSL.sum(2));
  in.group_B = at::zeros({completion_BL.size(0)}, at::kLong);
  in.advantage_B = (*algorithm)
                       ->Advantage(read("rewards").to(at::kDouble), in.group_B)
                       .to(at::kFloat);
  const double loss_f64 = read("loss_f64").item<double>();
  for (const Passes passes : {Passes::kOneGraph, Passes::kTwo}) {
    const StepGradient step = AddGradient(**algorithm, model, nullptr, batch,
                                          in, passes, Clock::Real());
    EXPECT_NEAR(step.loss, loss_f64, 3e-5 * std::max(1.0, std::abs(loss_f64)));
    double difference = 0.0, size = 0.0;
    for (const NamedTensor& weight : model.weights()) {
      at::Tensor tensor = weight.tensor;
      const at::Tensor published = read("fullgrad." + weight.name);
      difference += std::pow(
          at::linalg_vector_norm(tensor.grad() - published).item<double>(), 2);
      size += std::pow(at::linalg_vector_norm(published).item<double>(), 2);
      tensor.mutable_grad().reset();
    }
    EXPECT_LT(std::sqrt(difference / size), 1e-4);
  }
}

std::vector<std::filesystem::path> FoldersWithTheCase() {
  std::vector<std::filesystem::path> out;
  for (const auto& folder : GoldenFoldersOf("losses")) {
    const nlohmann::json listed = ReadJson(folder / "cases.json");
    for (const auto& json : listed["cases"]) {
      if (json["name"] == kCase) out.push_back(folder);
    }
  }
  return out;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GoldenUpdateTest);
INSTANTIATE_TEST_SUITE_P(Golden, GoldenUpdateTest,
                         testing::ValuesIn(FoldersWithTheCase()),
                         [](const auto& info) {
                           return "folder_" + std::to_string(info.index);
                         });

TEST(GoldenUpdateCoverageTest, WhatNoTestCoversIsPrinted) {
  int listed = 0;
  for (const auto& folder : GoldenFoldersOf("losses")) {
    const nlohmann::json cases = ReadJson(folder / "cases.json");
    for (const auto& json : cases["cases"]) {
      ++listed;
      const std::string name = json["name"];
      if (name.rfind("trajectory_", 0) == 0) {
        std::printf("not covered: %s: %s\n", folder.c_str(), name.c_str());
      }
    }
  }
  if (listed == 0) GTEST_SKIP() << "no golden losses here (../shared/golden)";
}

}  // namespace
}  // namespace mdrl
