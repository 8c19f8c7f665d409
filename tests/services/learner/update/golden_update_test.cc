// From the model to the gradient of every LoRA tensor or of every weight, and
// three AdamW steps, against the authors' codes (tests/golden/README.md).
#include <cmath>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/arange.h"
#include "ATen/ops/linalg_vector_norm.h"
#include "ATen/ops/where.h"
#include "ATen/ops/zeros_like.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/model/adapter_source.h"
#include "common/model/head.h"
#include "gtest/gtest.h"
#include "services/learner/algorithm/likelihood.h"
#include "services/learner/algorithm/llada_sft.h"
#include "services/learner/update/gradient.h"
#include "services/learner/update/optimizer.h"
#include "tests/services/learner/algorithm/loss_case.h"
#include "tests/testing/golden_tensors.h"

namespace mdrl {
namespace {

bool OfAllWeights(const LossCase& c) {
  return c.json.value("weights", "").rfind("full weights", 0) == 0;
}

void RequireGradients(const NamedTensors& tensors) {
  for (const NamedTensor& named : tensors) {
    at::Tensor tensor = named.tensor;
    tensor.set_requires_grad(true);
  }
}

// tiny_llada with the adapter in a folder of golden/losses, or, where a case is
// of all weights, without.
Transformer ModelOf(const LossCase& c, const std::string& adapter) {
  const Transformer base = GoldenModel(c.folder.parent_path() / "tiny_llada");
  if (OfAllWeights(c)) {
    RequireGradients(base.weights());
    return base;
  }
  // The published target list names modules that LLaDA does not have.
  auto loaded = LoadAdapter(c.folder / adapter, base.config(),
                            /*ignore_unmatched=*/true);
  MDRL_CHECK(loaded.ok()) << loaded.status();
  RequireGradients(loaded->adapter.tensors());
  return base.With(loaded->adapter);
}

// Every sample of a case with something scored, as one micro-batch.
StepBatch BatchOf(const at::Tensor& ids_BST, const at::Tensor& target_BL,
                  const at::Tensor& scored_BSL, const at::Tensor& weight_BS) {
  StepBatch batch;
  batch.scored_BSL = scored_BSL;
  batch.weight_BS = weight_BS;
  const at::Tensor used = scored_BSL.flatten(0, 1).any(1).nonzero().squeeze(1);
  MicroBatch micro;
  micro.sample_R = used;
  micro.ids_RT = ids_BST.flatten(0, 1).index_select(0, used);
  micro.target_RL =
      target_BL.repeat_interleave(scored_BSL.size(1), 0).index_select(0, used);
  micro.scored_RL = scored_BSL.flatten(0, 1).index_select(0, used);
  micro.prompt_tokens = ids_BST.size(2) - target_BL.size(1);
  batch.tokens = micro.tokens();
  batch.micro_batches = {micro};
  return batch;
}

// |gradient - published| and |published| over all trained tensors, whose
// gradients are cleared. `prefix`: of their names in the file.
std::pair<double, double> GradientError(const Transformer& model,
                                        const LossFile& file,
                                        const std::string& prefix = "grad.") {
  double difference = 0.0, size = 0.0;
  for (const NamedTensor& factor : model.trainable()) {
    at::Tensor tensor = factor.tensor;
    const at::Tensor published = file.Read(prefix + factor.name, at::kFloat);
    const at::Tensor got =
        tensor.grad().defined() ? tensor.grad() : at::zeros_like(published);
    difference +=
        std::pow(at::linalg_vector_norm(got - published).item<double>(), 2);
    size += std::pow(at::linalg_vector_norm(published).item<double>(), 2);
    tensor.mutable_grad().reset();
  }
  return {std::sqrt(difference), std::sqrt(size)};
}

class UpdateTest : public testing::TestWithParam<LossCase> {};

TEST_P(UpdateTest, GradientsOfEveryTensorEqualThePublishedOnes) {
  const LossCase& c = GetParam();
  const LossFile file(c);
  LoadedCase loaded = LoadCase(c, file, at::kFloat);
  const Transformer model = ModelOf(c, "adapter_init");
  const StepBatch batch = BatchOf(loaded.ids_BST, loaded.target_BL,
                                  loaded.in.scored_BSL, loaded.in.weight_BS);
  const at::Tensor published_BSL = loaded.in.logp_BSL;
  EXPECT_LT(MaxAbs(AtScored(loaded.in,
                            ReadAll(model, batch, at::kFloat) - published_BSL)),
            1e-4);

  std::optional<Transformer> teacher;
  if (loaded.in.teacher_ce_BSL.has_value()) {
    teacher = ModelOf(c, c.json["teacher"]);
  }
  const double loss_f64 = c.json["loss_f64"].get<double>();
  for (const Passes passes : {Passes::kOneGraph, Passes::kTwo}) {
    const StepGradient step =
        AddGradient(*loaded.algorithm, model, teacher ? &*teacher : nullptr,
                    batch, loaded.in, passes, Clock::Real());
    EXPECT_NEAR(step.loss, loss_f64, 3e-5 * std::max(1.0, std::abs(loss_f64)));
    const auto [difference, size] =
        GradientError(model, file, OfAllWeights(c) ? "fullgrad." : "grad.");
    const bool zero = c.json.contains("expected_gradient");
    EXPECT_LT(difference, zero ? 1e-5 : 1e-4 * size);
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(UpdateTest);
INSTANTIATE_TEST_SUITE_P(Golden, UpdateTest, testing::ValuesIn(MethodCases()),
                         LossCaseName);

class SftUpdateTest : public testing::TestWithParam<LossCase> {};

TEST_P(SftUpdateTest, GradientsOfEveryLoraTensorEqualThePublishedOnes) {
  const LossFile file(GetParam());
  const Transformer model = ModelOf(GetParam(), "adapter_init");
  LossInputs in;
  in.scored_BSL = file.Read("is_masked", at::kBool).unsqueeze(1);
  in.weight_BS = file.Read("p_mask", at::kFloat).reciprocal().unsqueeze(1);
  in.length_B = file.Read("answer_lengths", at::kFloat);
  const at::Tensor ids = file.Read("perturbed", at::kLong);
  in.logp_BSL =
      TargetLogp(model, model.Hidden(ids, 0, ids.size(1)),
                 file.Read("input_ids", at::kLong), in.scored_BSL.squeeze(1))
          .unsqueeze(1);
  LladaSftLoss(in).backward();
  const auto [difference, size] = GradientError(model, file);
  EXPECT_LT(difference, 1e-4 * size);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SftUpdateTest);
INSTANTIATE_TEST_SUITE_P(Golden, SftUpdateTest,
                         testing::ValuesIn(LossCasesNamed("llada_sft_")),
                         LossCaseName);

class LikelihoodTest : public testing::TestWithParam<LossCase> {};

TEST_P(LikelihoodTest, TheEstimateEqualsThePublishedOne) {
  const at::NoGradGuard no_grad;
  const LossFile file(GetParam());
  const Transformer model = ModelOf(GetParam(), "adapter_init");
  const at::Tensor ids_BST = file.Read("perturbed", at::kLong);
  const at::Tensor answer = file.Read("answer_ids", at::kLong);
  const at::Tensor masked = file.Read("is_masked", at::kBool);
  LossInputs in;
  in.scored_BSL =
      masked.narrow(2, masked.size(2) - answer.size(0), answer.size(0));
  in.weight_BS =
      static_cast<double>(answer.size(0)) / file.Read("mask_count", at::kFloat);
  const StepBatch batch =
      BatchOf(ids_BST, answer.expand({ids_BST.size(0), answer.size(0)}),
              in.scored_BSL, in.weight_BS);
  EXPECT_NEAR(
      WeightedElbo(in, ReadAll(model, batch, at::kFloat)).mean().item<double>(),
      GetParam().json["log_likelihood_f64"].get<double>(), 2e-4);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LikelihoodTest);
INSTANTIATE_TEST_SUITE_P(Golden, LikelihoodTest,
                         testing::ValuesIn(LossCasesNamed("llada_likelihood")),
                         LossCaseName);

class TrajectoryTest : public testing::TestWithParam<LossCase> {};

TEST_P(TrajectoryTest, WeightsAfterEachOfThreeStepsEqualThePublishedOnes) {
  const LossCase& c = GetParam();
  const LossFile file(c);
  const auto& args = c.json["args"];
  const auto algorithm = MethodOf(c);
  const Transformer model = ModelOf(c, "adapter_init");
  const double lr = args["lr"];
  AdamW optimizer(model.trainable(), {.beta1 = args["betas"][0],
                                      .beta2 = args["betas"][1],
                                      .eps = args["eps"],
                                      .weight_decay = args["weight_decay"],
                                      .grad_clip = args["max_grad_norm"]});
  const at::Tensor target_BL = file.Read("completion_ids", at::kLong);
  const at::Tensor inside_BL = file.Read("completion_mask", at::kBool);
  const int64_t canvas = target_BL.size(1);
  LossInputs in;
  in.length_B = inside_BL.sum(1).to(at::kFloat);
  in.group_B = at::arange(target_BL.size(0), at::kLong)
                   .floor_divide(c.json["group_size"].get<int64_t>());
  in.advantage_B =
      algorithm->Advantage(file.Read("rewards", at::kDouble), in.group_B)
          .to(at::kFloat);
  for (const auto& listed : c.json["steps"]) {
    const std::string step = absl::StrCat("step", listed["step"].get<int>());
    const at::Tensor masked = file.Read(step + ".is_masked", at::kBool);
    in.scored_BSL = masked.narrow(2, masked.size(2) - canvas, canvas)
                        .logical_and(inside_BL.unsqueeze(1));
    in.weight_BS = in.length_B.unsqueeze(1) / in.scored_BSL.sum(2);
    const StepBatch batch = BatchOf(file.Read(step + ".perturbed", at::kLong),
                                    target_BL, in.scored_BSL, in.weight_BS);
    const StepGradient gradient = AddGradient(*algorithm, model, nullptr, batch,
                                              in, Passes::kTwo, Clock::Real());
    EXPECT_NEAR(gradient.loss, listed["loss_f64"].get<double>(),
                1e-4 * std::max(1.0, std::abs(gradient.loss)));
    const AdamW::Applied applied = optimizer.Step(lr);
    const double norm = listed["grad_norm_f64"];
    EXPECT_NEAR(applied.grad_norm, norm, 1e-4 * norm);
    for (const NamedTensor& factor : model.trainable()) {
      EXPECT_LT(MaxAbs(factor.tensor.detach() -
                       file.Read(step + ".after." + factor.name, at::kFloat)),
                lr < 1e-4 ? 3e-7 : 1e-5)
          << step << " " << factor.name;
    }
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TrajectoryTest);
INSTANTIATE_TEST_SUITE_P(Golden, TrajectoryTest,
                         testing::ValuesIn(LossCasesNamed("trajectory_")),
                         LossCaseName);

}  // namespace
}  // namespace mdrl
