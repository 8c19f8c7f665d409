#include "services/learner/update/optimizer.h"

#include <cmath>
#include <limits>
#include <vector>

#include "ATen/TensorOperators.h"
#include "ATen/ops/equal.h"
#include "ATen/ops/full.h"
#include "ATen/ops/tensor.h"
#include "gtest/gtest.h"
#include "services/learner/update/schedule.h"

namespace mdrl {
namespace {

constexpr AdamWOptions kOptions = {.beta1 = 0.9,
                                   .beta2 = 0.99,
                                   .eps = 1e-8,
                                   .weight_decay = 0.1,
                                   .grad_clip = 0.2};

// One AdamW step on plain doubles, as the paper writes it.
struct PlainAdamW {
  std::vector<double> w, m, v;
  int t = 0;
  void Step(std::vector<double> g, double lr, const AdamWOptions& o) {
    double norm = 0.0;
    for (const double x : g) norm += x * x;
    norm = std::sqrt(norm);
    const double factor = std::min(1.0, o.grad_clip / (norm + 1e-6));
    ++t;
    for (size_t i = 0; i < w.size(); ++i) {
      g[i] *= factor;
      m[i] = o.beta1 * m[i] + (1 - o.beta1) * g[i];
      v[i] = o.beta2 * v[i] + (1 - o.beta2) * g[i] * g[i];
      const double m_hat = m[i] / (1 - std::pow(o.beta1, t));
      const double v_hat = v[i] / (1 - std::pow(o.beta2, t));
      w[i] -=
          lr * o.weight_decay * w[i] + lr * m_hat / (std::sqrt(v_hat) + o.eps);
    }
  }
};

NamedTensors TwoTensors(at::ScalarType type) {
  return {{"a", at::tensor({1.0, -2.0, 0.5}, type)},
          {"b", at::tensor({3.0, 1e-3}, type)}};
}

void SetGradients(const AdamW& adamw, const std::vector<double>& g) {
  size_t at = 0;
  for (const NamedTensor& p : adamw.parameters()) {
    at::Tensor tensor = p.tensor;
    at::Tensor gradient = at::full(tensor.sizes(), 0.0, at::kDouble);
    for (int64_t i = 0; i < tensor.numel(); ++i) gradient[i] = g[at++];
    tensor.mutable_grad() = gradient.to(tensor.scalar_type());
  }
}

std::vector<double> Weights(const AdamW& adamw) {
  std::vector<double> out;
  for (const NamedTensor& p : adamw.parameters()) {
    for (int64_t i = 0; i < p.tensor.numel(); ++i) {
      out.push_back(p.tensor[i].item<double>());
    }
  }
  return out;
}

const std::vector<std::vector<double>> kGradients = {
    {0.3, -0.1, 0.0, 2.0, 1e-4},
    {0.01, 0.02, -0.03, 0.04, -1e-6},
    {-5.0, 0.0, 1.0, 0.2, 3.0}};

TEST(AdamWTest, StepsEqualTheFormulaInFloat64) {
  AdamW adamw(TwoTensors(at::kDouble), kOptions);
  PlainAdamW plain{{1.0, -2.0, 0.5, 3.0, 1e-3},
                   std::vector<double>(5, 0.0),
                   std::vector<double>(5, 0.0)};
  for (const auto& g : kGradients) {
    SetGradients(adamw, g);
    adamw.Step(1e-2);
    plain.Step(g, 1e-2, kOptions);
    const std::vector<double> w = Weights(adamw);
    for (size_t i = 0; i < w.size(); ++i) EXPECT_NEAR(w[i], plain.w[i], 1e-15);
  }
  EXPECT_EQ(adamw.steps(), 3);
}

TEST(AdamWTest, ClippingIsByTheNormOverAllTensors) {
  AdamW adamw(TwoTensors(at::kDouble), kOptions);
  SetGradients(adamw, {3.0, 0.0, 0.0, 4.0, 0.0});
  const AdamW::Applied large = adamw.Step(1e-2);
  EXPECT_DOUBLE_EQ(large.grad_norm, 5.0);
  EXPECT_TRUE(large.clipped);
  SetGradients(adamw, {0.06, 0.0, 0.0, 0.08, 0.0});
  EXPECT_FALSE(adamw.Step(1e-2).clipped);
}

TEST(AdamWTest, UpdateRatioIsTheChangeOverTheWeights) {
  AdamW adamw(TwoTensors(at::kDouble), kOptions);
  const std::vector<double> before = Weights(adamw);
  SetGradients(adamw, kGradients[0]);
  const double ratio = adamw.Step(1e-2).update_ratio;
  const std::vector<double> after = Weights(adamw);
  double change = 0.0, size = 0.0;
  for (size_t i = 0; i < before.size(); ++i) {
    change += std::pow(after[i] - before[i], 2);
    size += std::pow(before[i], 2);
  }
  EXPECT_NEAR(ratio, std::sqrt(change / size), 1e-12);
}

TEST(AdamWTest, AParameterWithoutGradientIsStillDecayed) {
  AdamW adamw(TwoTensors(at::kDouble), kOptions);
  const AdamW::Applied applied = adamw.Step(1e-2);
  EXPECT_EQ(applied.grad_norm, 0.0);
  EXPECT_DOUBLE_EQ(Weights(adamw)[0], 1.0 - 1e-2 * 0.1);
}

TEST(AdamWTest, ANonFiniteGradientChangesNothing) {
  AdamW adamw(TwoTensors(at::kDouble), kOptions);
  SetGradients(adamw, kGradients[0]);
  adamw.Step(1e-2);
  const std::vector<double> before = Weights(adamw);
  const Digest state = HashTensors(adamw.State());
  for (const double bad : {std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::quiet_NaN()}) {
    SetGradients(adamw, {0.0, bad, 0.0, 0.0, 0.0});
    EXPECT_FALSE(adamw.Step(1e-2).finite);
    EXPECT_FALSE(adamw.parameters()[0].tensor.grad().defined());
  }
  EXPECT_EQ(Weights(adamw), before);
  EXPECT_EQ(HashTensors(adamw.State()), state);
}

TEST(AdamWTest, ARestoredStateContinuesBitByBit) {
  AdamW straight(TwoTensors(at::kFloat), kOptions);
  for (int i = 0; i < 2; ++i) {
    SetGradients(straight, kGradients[i]);
    straight.Step(1e-2);
  }
  NamedTensors weights;
  for (const NamedTensor& p : straight.parameters()) {
    weights.push_back({p.name, p.tensor.detach().clone()});
  }
  AdamW resumed(weights, kOptions);
  ASSERT_TRUE(resumed.Load(straight.State()).ok());
  for (AdamW* adamw : {&straight, &resumed}) {
    SetGradients(*adamw, kGradients[2]);
    adamw->Step(1e-2);
  }
  EXPECT_EQ(HashTensors(straight.parameters()),
            HashTensors(resumed.parameters()));
  EXPECT_EQ(HashTensors(straight.State()), HashTensors(resumed.State()));
}

TEST(AdamWTest, AStateOfAnotherModelIsRefusedByName) {
  AdamW adamw(TwoTensors(at::kFloat), kOptions);
  NamedTensors state = adamw.State();
  state[0].tensor = at::full({7}, 0.0f, at::kFloat);
  const absl::Status status = adamw.Load(state);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("a.exp_avg"), std::string::npos);
  EXPECT_FALSE(adamw.Load({}).ok());
}

TEST(HashTensorsTest, OneBitChangesTheHash) {
  NamedTensors tensors = TwoTensors(at::kFloat);
  const Digest before = HashTensors(tensors);
  tensors[1].tensor[1] = std::nextafter(1e-3f, 1.0f);
  EXPECT_NE(HashTensors(tensors), before);
}

TEST(LearningRateTest, WarmUpStartsAboveZeroAndEndsAtThePeak) {
  const LearningRate rate{.peak = 2e-4, .warmup_steps = 3};
  EXPECT_DOUBLE_EQ(rate.At(0), 2e-4 / 3);
  EXPECT_DOUBLE_EQ(rate.At(1), 2e-4 * 2 / 3);
  EXPECT_DOUBLE_EQ(rate.At(2), 2e-4);
  EXPECT_DOUBLE_EQ(rate.At(1000), 2e-4);
}

TEST(LearningRateTest, DecaysReachZeroAtTheEnd) {
  const LearningRate cosine{
      .peak = 1.0, .decay = Decay::kCosine, .total_steps = 100};
  EXPECT_DOUBLE_EQ(cosine.At(0), 1.0);
  EXPECT_NEAR(cosine.At(50), 0.5, 1e-15);
  EXPECT_NEAR(cosine.At(100), 0.0, 1e-15);
  const LearningRate linear{
      .peak = 1.0, .decay = Decay::kLinear, .total_steps = 40};
  EXPECT_DOUBLE_EQ(linear.At(10), 0.75);
  EXPECT_DOUBLE_EQ(linear.At(60), 0.0);
}

TEST(LearningRateTest, AShareOfTheRunIsRoundedUp) {
  EXPECT_EQ(WarmupSteps(1e-4, 6000), 1);
  EXPECT_EQ(WarmupSteps(0.0, 6000), 0);
}

}  // namespace
}  // namespace mdrl
