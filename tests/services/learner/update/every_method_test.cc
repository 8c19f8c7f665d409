// What must hold of every method in the registry, without knowing which it is.
#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/allclose.h"
#include "ATen/ops/linalg_vector_norm.h"
#include "ATen/ops/tensor.h"
#include "ATen/ops/zeros_like.h"
#include "c10/core/Allocator.h"
#include "c10/util/ThreadLocalDebugInfo.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "gtest/gtest.h"
#include "services/learner/algorithm/registry.h"
#include "services/learner/update/frozen.h"
#include "services/learner/update/gradient.h"
#include "tests/services/learner/algorithm/readouts.h"
#include "tests/services/learner/train_groups.h"
#include "tests/testing/tiny_model.h"

namespace mdrl {
namespace {

// By its name, or a variant of SPG: spg_elbo, spg_drop, spg_own_states.
std::unique_ptr<Algorithm> Method(const std::string& name, int samples = 0) {
  AlgorithmSettings settings;
  settings.name = name.substr(0, 4) == "spg_" ? "spg" : name;
  if (name == "spg_elbo" || name == "spg_drop") {
    settings.spg.negative = name.substr(4);
  }
  if (name == "spg_own_states") settings.corruption.kind = "decode_states";
  settings.corruption.samples = samples;
  settings.corruption.block_tokens = 4;
  settings.corruption.eos_id = 2;
  // Every term of every loss takes part.
  settings.unigrpo.kl_beta = 0.02;
  settings.tracerl.merge = 2;
  settings.bgpo.clip = 0.3;
  auto algorithm = MakeAlgorithm(settings);
  MDRL_CHECK(algorithm.ok()) << algorithm.status();
  return *std::move(algorithm);
}

// A step of two groups of three with unequal lengths, and who answers in it.
class Step {
 public:
  explicit Step(const Algorithm& algorithm, int64_t micro_batch_tokens = 40)
      : algorithm_(algorithm),
        groups_({MakeTrainGroup(1, {.prompt_tokens = 4}),
                 MakeTrainGroup(2, {.prompt_tokens = 5})}),
        rows_(CollectRows(groups_)),
        advantage_B_(algorithm.Advantage(rows_.reward_B, rows_.group_B)) {
    Build(micro_batch_tokens);
  }
  void Build(int64_t micro_batch_tokens) {
    batch_ = BuildStep(rows_, std::vector<bool>(rows_.rows.size(), true),
                       algorithm_.corruption(), 0, 2, micro_batch_tokens);
  }
  void SetAdvantage(const at::Tensor& advantage_B) {
    advantage_B_ = advantage_B;
  }

  const StepBatch& batch() const { return batch_; }
  // In float64, without the current policy's readouts.
  LossInputs Inputs(const Transformer& old,
                    const Transformer& reference) const {
    LossInputs in;
    in.scored_BSL = batch_.scored_BSL;
    in.weight_BS = batch_.weight_BS;
    in.length_B = rows_.length_B;
    in.advantage_B = advantage_B_;
    in.group_B = rows_.group_B;
    const Needs needs = algorithm_.needs();
    if (needs.old) in.old_logp_BSL = ReadAll(old, batch_, at::kDouble);
    if (needs.reference) {
      in.ref_logp_BSL = ReadAll(reference, batch_, at::kDouble);
    }
    return in;
  }

 private:
  const Algorithm& algorithm_;
  std::vector<TrainGroup> groups_;
  StepRows rows_;
  at::Tensor advantage_B_;
  StepBatch batch_;
};

Transformer Model(uint64_t seed, bool requires_grad = false) {
  return TinyModel(TinyConfig(), at::kDouble, seed, requires_grad);
}

// `model` moved a little towards another one: the ratio is near 1, not at it.
Transformer Near(const Transformer& model, double share) {
  const at::NoGradGuard no_grad;
  const Transformer other = Model(7);
  Transformer out = Frozen(model);
  for (size_t i = 0; i < out.weights().size(); ++i) {
    at::Tensor weight = out.weights()[i].tensor;
    weight.lerp_(other.weights()[i].tensor, share);
  }
  return out;
}

struct Result {
  StepGradient step;
  NamedTensors gradients;
  double size = 0.0;
};

Result GradientOf(const Algorithm& algorithm, const Transformer& model,
                  const Step& step, const LossInputs& in,
                  const Transformer* teacher, Passes passes) {
  Result out;
  out.step = AddGradient(algorithm, model,
                         algorithm.needs().teacher ? teacher : nullptr,
                         step.batch(), in, passes, Clock::Real());
  for (const NamedTensor& weight : model.weights()) {
    at::Tensor tensor = weight.tensor;
    at::Tensor gradient = tensor.grad().defined() ? tensor.grad().clone()
                                                  : at::zeros_like(tensor);
    out.size += std::pow(at::linalg_vector_norm(gradient).item<double>(), 2);
    out.gradients.push_back({weight.name, gradient.detach()});
    tensor.mutable_grad().reset();
  }
  out.size = std::sqrt(out.size);
  return out;
}

double Distance(const Result& a, const Result& b) {
  double squares = 0.0;
  for (size_t i = 0; i < a.gradients.size(); ++i) {
    squares += std::pow(
        at::linalg_vector_norm(a.gradients[i].tensor - b.gradients[i].tensor)
            .item<double>(),
        2);
  }
  return std::sqrt(squares);
}

class EveryMethodTest : public testing::TestWithParam<std::string> {
 protected:
  EveryMethodTest()
      : algorithm_(Method(GetParam())),
        step_(*algorithm_),
        model_(Model(1, /*requires_grad=*/true)),
        near_(Near(model_, 0.03)) {}

  // Everything that a loss sees, the current readouts included.
  LossInputs Whole() const {
    const at::NoGradGuard no_grad;
    LossInputs in = step_.Inputs(near_, near_);
    in.logp_BSL = ReadAll(model_, step_.batch(), at::kDouble);
    if (algorithm_->needs().teacher) {
      in.teacher_ce_BSL = 0.5 - 1.1 * in.logp_BSL;
    }
    return in;
  }
  Derivative Weights(const LossInputs& in) const {
    return Differentiate(
        [this](const LossInputs& x) { return algorithm_->Loss(x).loss; }, in);
  }

  std::unique_ptr<Algorithm> algorithm_;
  Step step_;
  Transformer model_;
  Transformer near_;
};

TEST_P(EveryMethodTest, TwoPassesEqualOneGraph) {
  const LossInputs in = step_.Inputs(near_, near_);
  const Result one =
      GradientOf(*algorithm_, model_, step_, in, &near_, Passes::kOneGraph);
  EXPECT_GT(one.size, 1e-6);
  std::vector<Passes> ways = {Passes::kTwo};
  if (algorithm_->needs().separable) ways.push_back(Passes::kOnePass);
  for (const Passes way : ways) {
    for (const int64_t micro_batch_tokens : {1, 40, 1 << 20}) {
      step_.Build(micro_batch_tokens);
      const Result other =
          GradientOf(*algorithm_, model_, step_, in, &near_, way);
      EXPECT_LT(Distance(one, other), 1e-10 * one.size);
      EXPECT_NEAR(other.step.loss, one.step.loss,
                  1e-12 * std::max(1.0, std::abs(one.step.loss)));
    }
  }
}

TEST_P(EveryMethodTest, UnscoredPositionsHaveWeightZero) {
  const LossInputs in = Whole();
  const Derivative at = Weights(in);
  const auto unscored = [&in](const at::Tensor& weight_BSL) {
    return weight_BSL.masked_select(in.scored_BSL.logical_not());
  };
  EXPECT_EQ(unscored(at.weight_BSL).abs().sum().item<double>(), 0.0);
  if (at.teacher_weight_BSL.defined()) {
    EXPECT_EQ(unscored(at.teacher_weight_BSL).abs().sum().item<double>(), 0.0);
  }
}

TEST_P(EveryMethodTest, WithoutAnAdvantageOnThePolicyNothingMoves) {
  step_.SetAdvantage(at::zeros_like(Whole().advantage_B));
  const Transformer same = Frozen(model_);
  const Result result =
      GradientOf(*algorithm_, model_, step_, step_.Inputs(same, same), &same,
                 Passes::kTwo);
  EXPECT_LT(result.size, 1e-13);
}

TEST_P(EveryMethodTest, OrderWithinAGroupDoesNotMatter) {
  const LossInputs in = Whole();
  const at::Tensor order = at::tensor({2, 5, 0, 4, 1, 3}, at::kLong);
  LossInputs turned = in;
  for (at::Tensor* tensor :
       {&turned.logp_BSL, &turned.scored_BSL, &turned.weight_BS,
        &turned.length_B, &turned.advantage_B, &turned.group_B}) {
    *tensor = tensor->index_select(0, order);
  }
  for (auto* tensor :
       {&turned.old_logp_BSL, &turned.ref_logp_BSL, &turned.teacher_ce_BSL}) {
    if (tensor->has_value()) *tensor = (*tensor)->index_select(0, order);
  }
  const Derivative one = Weights(in), other = Weights(turned);
  EXPECT_NEAR(one.value, other.value, 1e-12 * std::max(1.0, one.value));
  EXPECT_TRUE(at::allclose(one.weight_BSL.index_select(0, order),
                           other.weight_BSL, 1e-10, 1e-13));
}

TEST_P(EveryMethodTest, SeparableMeansThatNoOtherSampleMatters) {
  if (!algorithm_->needs().separable) {
    GTEST_SKIP() << "a sample's weight depends on others";
  }
  const LossInputs in = Whole();
  const Derivative before = Weights(in);
  const int64_t samples = in.logp_BSL.size(1);
  for (const auto& [b, s] :
       {std::pair<int64_t, int64_t>(0, 0), {4, samples - 1}}) {
    LossInputs other = in;
    other.logp_BSL = in.logp_BSL * 1.3 - 0.1;
    other.logp_BSL[b][s].copy_(in.logp_BSL[b][s]);
    const Derivative after = Weights(other);
    EXPECT_TRUE(at::allclose(before.weight_BSL[b][s], after.weight_BSL[b][s],
                             1e-12, 1e-14));
  }
}

TEST_P(EveryMethodTest, DerivativeMatchesFiniteDifferences) {
  // RSPO weighs by constants made of the readouts: rspo's identity, in
  // method_semantics_test, stands for its differences.
  if (GetParam() == "rspo") GTEST_SKIP() << "the loss holds stop-gradients";
  const LossInputs in = Whole();
  const Derivative analytic = Weights(in);
  const double scale = analytic.weight_BSL.abs().max().item<double>();
  constexpr double kStep = 1e-6;
  const at::Tensor scored = in.scored_BSL.flatten().nonzero().squeeze(1);
  for (int64_t i = 0; i < scored.size(0); i += 3) {
    const int64_t at = scored[i].item<int64_t>();
    const auto loss_at = [&](double change) {
      const at::NoGradGuard no_grad;
      LossInputs moved = in;
      moved.logp_BSL = in.logp_BSL.clone();
      moved.logp_BSL.view(-1)[at].add_(change);
      return algorithm_->Loss(moved).loss.item<double>();
    };
    EXPECT_NEAR((loss_at(kStep) - loss_at(-kStep)) / (2 * kStep),
                analytic.weight_BSL.view(-1)[at].item<double>(),
                1e-6 * scale + 1e-9)
        << "readout " << at;
  }
}

TEST_P(EveryMethodTest, MetricsAreFiniteNumbers) {
  for (const auto& [name, value] : algorithm_->Loss(Whole()).metrics) {
    EXPECT_TRUE(std::isfinite(value.item<double>())) << name;
  }
}

TEST_P(EveryMethodTest, AnOldPolicyThatItDoesNotNeedIsOnlyMeasured) {
  LossInputs in = Whole();
  in.old_logp_BSL = ReadAll(near_, step_.batch(), at::kDouble);
  bool measured = false;
  const Result step =
      GradientOf(*algorithm_, model_, step_, in, &near_, Passes::kTwo);
  for (const auto& [name, value] : step.step.metrics) {
    if (name != "kl_rollout") continue;
    measured = true;
    EXPECT_GT(value, 0.0);
  }
  EXPECT_TRUE(measured);
  if (algorithm_->needs().old) return;
  const at::Tensor with_BSL = Weights(in).weight_BSL;
  in.old_logp_BSL.reset();
  EXPECT_TRUE(with_BSL.equal(Weights(in).weight_BSL));
}

// What differs in how a step must go about it.
INSTANTIATE_TEST_SUITE_P(Variants, EveryMethodTest,
                         testing::Values("spg_elbo", "spg_drop",
                                         "spg_own_states"),
                         [](const auto& info) { return info.param; });

INSTANTIATE_TEST_SUITE_P(Registry, EveryMethodTest,
                         testing::ValuesIn(AlgorithmNames()),
                         [](const auto& info) { return info.param; });

// The largest number of bytes that Torch's CPU allocator held at a time.
class PeakBytes final : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, int64_t bytes, size_t, size_t,
                         c10::Device) override {
    held_ += bytes;
    peak_ = std::max(peak_, held_);
  }
  bool memoryProfilingEnabled() const override { return true; }
  int64_t peak() const { return peak_; }

 private:
  int64_t held_ = 0;
  int64_t peak_ = 0;
};

int64_t PeakWith(const std::string& name, int samples) {
  const auto algorithm = Method(name, samples);
  const Step step(*algorithm, /*micro_batch_tokens=*/64);
  // Large enough that activations, not readouts, are what memory is for.
  const Transformer model =
      TinyModel(ExampleConfig(), at::kFloat, 1, /*requires_grad=*/true);
  const LossInputs in = step.Inputs(model, model);
  const auto peak = std::make_shared<PeakBytes>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, peak);
  AddGradient(*algorithm, model, nullptr, step.batch(), in,
              algorithm->needs().separable ? Passes::kOnePass : Passes::kTwo,
              Clock::Real());
  return peak->peak();
}

TEST(MemoryTest, DoesNotGrowWithTheNumberOfSamples) {
  for (const char* name : {"spg", "bgpo", "espo"}) {
    const int64_t few = PeakWith(name, 2);
    EXPECT_GT(few, 0);
    EXPECT_LT(PeakWith(name, 16), 1.1 * few) << name;
  }
}

}  // namespace
}  // namespace mdrl
