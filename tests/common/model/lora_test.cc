#include "common/model/lora.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/equal.h"
#include "ATen/ops/ones_like.h"
#include "absl/strings/match.h"
#include "common/base/philox.h"
#include "common/model/head.h"
#include "common/model/transformer.h"
#include "common/model/transformer_reference.h"
#include "tests/testing/tiny_model.h"

namespace mdrl {
namespace {

// Every linear map of the model, the head included, at rank 3.
std::vector<LoraTarget> Everything(const ModelConfig& config) {
  std::vector<LoraTarget> targets;
  for (const LinearMap& linear : LladaLinears(config)) {
    targets.push_back({linear, 3, 0.5});
  }
  return targets;
}

// An adapter whose B is not 0, so that it does something.
Adapter Busy(std::vector<LoraTarget> targets, at::ScalarType type,
             bool requires_grad = false) {
  const Adapter fresh = Adapter::Init(targets, 7);
  NamedTensors tensors;
  uint32_t number = 0;
  for (const NamedTensor& from : fresh.tensors()) {
    PhiloxSequence draws(3, Stream::kInit, number++, 0, 0);
    at::Tensor tensor = from.tensor.to(at::kDouble).clone();
    double* out = tensor.mutable_data_ptr<double>();
    for (int64_t i = 0; i < tensor.numel(); ++i) {
      out[i] = draws.NextUniform() - 0.5;
    }
    tensor = tensor.to(type);
    tensor.requires_grad_(requires_grad);
    tensors.push_back({from.name, tensor});
  }
  auto adapter = Adapter::Create(std::move(targets), tensors, type);
  EXPECT_TRUE(adapter.ok()) << adapter.status();
  return *std::move(adapter);
}

double LargestDifference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

TEST(LoraTest, AFreshAdapterChangesNothing) {
  const ModelConfig config = TinyConfig();
  const Transformer base = TinyModel(config);
  const Transformer adapted = base.With(Adapter::Init(Everything(config), 1));
  const at::NoGradGuard no_grad;
  const at::Tensor ids = RandomIds(3, 12, config.vocab);
  EXPECT_TRUE(at::equal(base.Hidden(ids, 0, 12), adapted.Hidden(ids, 0, 12)));
}

TEST(LoraTest, OnAndOffShareTheBaseWithoutACopy) {
  const ModelConfig config = TinyConfig();
  const Transformer base = TinyModel(config);
  const Transformer on = base.With(Busy(Everything(config), at::kFloat));
  const Transformer off = on.WithoutAdapter();
  for (size_t i = 0; i < base.weights().size(); ++i) {
    EXPECT_EQ(on.weights()[i].tensor.const_data_ptr(),
              base.weights()[i].tensor.const_data_ptr());
  }
  const at::NoGradGuard no_grad;
  const at::Tensor ids = RandomIds(3, 12, config.vocab);
  EXPECT_TRUE(at::equal(off.Hidden(ids, 0, 12), base.Hidden(ids, 0, 12)));
  EXPECT_FALSE(at::equal(on.Hidden(ids, 0, 12), base.Hidden(ids, 0, 12)));
  EXPECT_EQ(off.adapter(), nullptr);
}

TEST(LoraTest, TheFastPathReproducesTheReference) {
  const ModelConfig config = TinyConfig();
  for (const auto& [type, tolerance] :
       {std::pair{at::kFloat, 3e-5}, {at::kDouble, 1e-12}}) {
    const Transformer model =
        TinyModel(config, type).With(Busy(Everything(config), type));
    const at::NoGradGuard no_grad;
    const at::Tensor ids = RandomIds(5, 23, config.vocab);
    EXPECT_LT(LargestDifference(model.Hidden(ids, 9, 17),
                                HiddenReference(model, ids, 9, 17)),
              tolerance);
    const at::Tensor hidden = model.Hidden(ids, 0, 23);
    const at::Tensor all = at::ones_like(ids, at::TensorOptions(at::kBool));
    EXPECT_LT(LargestDifference(TargetLogp(model, hidden, ids, all, 44),
                                TargetLogpReference(model, hidden, ids, all)),
              tolerance);
  }
}

TEST(LoraTest, MergingGivesTheSameNumbers) {
  const ModelConfig config = TinyConfig();
  const Adapter adapter = Busy(Everything(config), at::kDouble);
  const Transformer base = TinyModel(config, at::kDouble);
  const Transformer merged(config,
                           MergeAdapter(base.weights(), adapter, at::kDouble));
  const at::NoGradGuard no_grad;
  const at::Tensor ids = RandomIds(2, 15, config.vocab);
  const Transformer adapted = base.With(adapter);
  EXPECT_LT(LargestDifference(Logits(merged, merged.Hidden(ids, 0, 15)),
                              Logits(adapted, adapted.Hidden(ids, 0, 15))),
            1e-11);
}

TEST(LoraTest, OnlyTheAdapterHasGradientsAndTheyAgreeWithFiniteDifferences) {
  const ModelConfig config = TinyConfig();
  const Adapter adapter =
      Busy(Everything(config), at::kDouble, /*requires_grad=*/true);
  const Transformer model = TinyModel(config, at::kDouble).With(adapter);
  const at::Tensor ids = RandomIds(2, 10, 11);
  const at::Tensor target = RandomIds(2, 6, 11, 1);
  const at::Tensor scored = at::ones_like(target, at::TensorOptions(at::kBool));
  const auto loss = [&] {
    return TargetLogp(model, model.Hidden(ids, 4, 10), target, scored, 33)
        .square()
        .sum();
  };
  loss().backward();
  for (const NamedTensor& weight : model.weights()) {
    EXPECT_FALSE(weight.tensor.grad().defined()) << weight.name;
  }
  const double step = 1e-5;
  for (const NamedTensor& factor : adapter.tensors()) {
    const at::NoGradGuard no_grad;
    for (const int64_t at : {int64_t{0}, factor.tensor.numel() / 2 + 1}) {
      const at::Tensor element = factor.tensor.view(-1)[at];
      element.add_(step);
      const double above = loss().item<double>();
      element.sub_(2 * step);
      const double below = loss().item<double>();
      element.add_(step);
      EXPECT_NEAR(factor.tensor.grad().view(-1)[at].item<double>(),
                  (above - below) / (2 * step), 2e-5)
          << factor.name << "[" << at << "]";
    }
  }
}

TEST(LoraTest, TheFloatPathHasTheGradientsOfTheReference) {
  const ModelConfig config = TinyConfig();
  const Adapter fast =
      Busy(Everything(config), at::kFloat, /*requires_grad=*/true);
  const Adapter plain =
      Busy(Everything(config), at::kFloat, /*requires_grad=*/true);
  const at::Tensor ids = RandomIds(4, 20, config.vocab);
  TinyModel(config).With(fast).Hidden(ids, 3, 19).square().sum().backward();
  HiddenReference(TinyModel(config).With(plain), ids, 3, 19)
      .square()
      .sum()
      .backward();
  for (size_t i = 0; i < fast.tensors().size(); ++i) {
    const at::Tensor& a = fast.tensors()[i].tensor.grad();
    const at::Tensor& b = plain.tensors()[i].tensor.grad();
    if (!b.defined()) {  // the head's: hidden rows do not see it
      EXPECT_FALSE(a.defined());
      continue;
    }
    EXPECT_LT(LargestDifference(a, b), 1e-4 * (1 + b.abs().max().item<float>()))
        << fast.tensors()[i].name;
  }
}

TEST(LoraTest, ItBeginsAsPeftDoes) {
  const ModelConfig config = TinyConfig();
  const Adapter adapter = Adapter::Init(Everything(config), 5);
  const Adapter again = Adapter::Init(Everything(config), 5);
  for (size_t i = 0; i < adapter.tensors().size(); ++i) {
    const NamedTensor& t = adapter.tensors()[i];
    EXPECT_TRUE(at::equal(t.tensor, again.tensors()[i].tensor));
    const float largest = t.tensor.abs().max().item<float>();
    if (absl::EndsWith(t.name, ".lora_B.weight")) {
      EXPECT_EQ(largest, 0.0f) << t.name;
    } else {
      const double bound = 1.0 / std::sqrt(double(t.tensor.size(1)));
      EXPECT_LE(largest, bound) << t.name;
      EXPECT_GT(largest, 0.8 * bound) << t.name;
    }
  }
}

TEST(LoraTest, AnAdapterOfAnotherBaseIsRefusedWithEveryMistake) {
  std::vector<LoraTarget> targets;
  for (const LinearMap& linear : LladaLinears(TinyConfig())) {
    if (linear.name == "q_proj") targets.push_back({linear, 3, 1.0});
  }
  NamedTensors tensors = Adapter::Init(targets, 0).tensors();
  tensors[0].tensor = tensors[0].tensor.slice(1, 0, 5);
  tensors[1].name = "base_model.model.model.transformer.blocks.7.q_proj";
  const auto adapter = Adapter::Create(targets, tensors);
  ASSERT_FALSE(adapter.ok());
  EXPECT_EQ(
      adapter.status().message(),
      "the adapter does not fit the model: "
      "base_model.model.model.transformer.blocks.0.q_proj.lora_A.weight has "
      "shape [3, 5], this model and its rank want [3, 16]; "
      "base_model.model.model.transformer.blocks.7.q_proj is not part of the "
      "adapter; "
      "base_model.model.model.transformer.blocks.0.q_proj.lora_B.weight "
      "[16, 3] is missing");
}

}  // namespace
}  // namespace mdrl
