#include "services/learner/update/gradient.h"

#include <cmath>
#include <memory>
#include <vector>

#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/linalg_vector_norm.h"
#include "ATen/ops/where.h"
#include "ATen/ops/zeros_like.h"
#include "common/base/clock.h"
#include "gtest/gtest.h"
#include "services/learner/algorithm/spg.h"
#include "services/learner/corruption/block_random.h"
#include "tests/services/learner/train_groups.h"
#include "tests/testing/tiny_model.h"

namespace mdrl {
namespace {

// A method whose weights do not depend on readouts: REINFORCE on sum log p.
class Plain final : public Algorithm {
 public:
  Needs needs() const override { return {.separable = true}; }
  const CorruptionLaw& corruption() const override { return law_; }
  at::Tensor Advantage(const at::Tensor& reward_B,
                       const at::Tensor& group_B) const override {
    return MeanCentred(reward_B, group_B);
  }
  LossAndMetrics Loss(const LossInputs& in) const override {
    const at::Tensor sum_B =
        at::where(in.scored_BSL, in.logp_BSL, at::zeros_like(in.logp_BSL))
            .sum(2)
            .sum(1);
    return {-(in.advantage_B * sum_B).mean(), {}};
  }

 private:
  BlockRandomLaw law_{{.mask_id = 0, .samples = 2, .block_tokens = 4}};
};

std::unique_ptr<Spg> MakeSpg() {
  return std::make_unique<Spg>(
      SpgOptions{}, std::make_unique<BlockRandomLaw>(BlockRandomLaw::Options{
                        .mask_id = 0, .samples = 2, .block_tokens = 4}));
}

std::vector<TrainGroup> Groups() {
  return {MakeTrainGroup(1, {.prompt_tokens = 4}),
          MakeTrainGroup(2, {.prompt_tokens = 5}),
          MakeTrainGroup(3, {.prompt_tokens = 4, .canvas_tokens = 4})};
}

struct Result {
  StepGradient step;
  NamedTensors gradients;
};

Result Gradient(const Algorithm& algorithm, const Transformer& model,
                Passes passes, int64_t micro_batch_tokens) {
  const std::vector<TrainGroup> groups = Groups();
  const StepRows rows = CollectRows(groups);
  const StepBatch batch =
      BuildStep(rows, std::vector<bool>(rows.rows.size(), true),
                algorithm.corruption(), 0, 1, micro_batch_tokens);
  const auto type = model.compute_type();
  LossInputs in;
  in.scored_BSL = batch.scored_BSL;
  in.weight_BS = batch.weight_BS.to(type);
  in.length_B = rows.length_B.to(type);
  in.advantage_B = algorithm.Advantage(rows.reward_B, rows.group_B).to(type);
  in.group_B = rows.group_B;
  Result out{
      AddGradient(algorithm, model, nullptr, batch, in, passes, Clock::Real()),
      {}};
  for (const NamedTensor& weight : model.weights()) {
    at::Tensor tensor = weight.tensor;
    out.gradients.push_back({weight.name, tensor.grad().clone()});
    tensor.mutable_grad().reset();
  }
  return out;
}

// |a - b| / |a| over all tensors.
double RelativeDistance(const NamedTensors& a, const NamedTensors& b) {
  double difference = 0.0, size = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference += std::pow(
        at::linalg_vector_norm(a[i].tensor - b[i].tensor).item<double>(), 2);
    size += std::pow(at::linalg_vector_norm(a[i].tensor).item<double>(), 2);
  }
  return std::sqrt(difference / size);
}

TEST(GradientTest, TwoPassesEqualOneGraph) {
  const Transformer model = TinyModel(TinyConfig(), at::kDouble, 1, true);
  const auto spg = MakeSpg();
  const Result one = Gradient(*spg, model, Passes::kOneGraph, 1 << 20);
  for (const int64_t micro_batch_tokens : {1 << 20, 40, 1}) {
    const Result two = Gradient(*spg, model, Passes::kTwo, micro_batch_tokens);
    EXPECT_NEAR(two.step.loss, one.step.loss, 1e-14);
    EXPECT_LT(RelativeDistance(one.gradients, two.gradients), 5e-14);
    ASSERT_EQ(two.step.metrics.size(), one.step.metrics.size());
    for (size_t i = 0; i < one.step.metrics.size(); ++i) {
      EXPECT_NEAR(two.step.metrics[i].second, one.step.metrics[i].second, 1e-12)
          << one.step.metrics[i].first;
    }
    EXPECT_EQ(two.step.metrics.back().first, "entropy");
  }
}

TEST(GradientTest, InFloat32TheWaysDifferByRoundingOnly) {
  const Transformer model = TinyModel(TinyConfig(), at::kFloat, 1, true);
  const auto spg = MakeSpg();
  const Result one = Gradient(*spg, model, Passes::kOneGraph, 1 << 20);
  const Result two = Gradient(*spg, model, Passes::kTwo, 40);
  EXPECT_LT(RelativeDistance(one.gradients, two.gradients), 1e-6);
}

TEST(GradientTest, OnePassIsEnoughForASeparableLoss) {
  const Transformer model = TinyModel(TinyConfig(), at::kDouble, 1, true);
  const Plain plain;
  const Result one = Gradient(plain, model, Passes::kOneGraph, 1 << 20);
  const Result separable = Gradient(plain, model, Passes::kOnePass, 30);
  EXPECT_NEAR(separable.step.loss, one.step.loss, 1e-13);
  EXPECT_LT(RelativeDistance(one.gradients, separable.gradients), 5e-14);
}

TEST(GradientTest, MatchesFiniteDifferencesThroughTheModel) {
  const Transformer model = TinyModel(TinyConfig(), at::kDouble, 1, true);
  const auto spg = MakeSpg();
  const Result analytic = Gradient(*spg, model, Passes::kTwo, 40);
  constexpr double kStep = 1e-6;
  for (const NamedTensor& named : analytic.gradients) {
    at::Tensor weight = FindTensor(model.weights(), named.name)->detach();
    // The largest entry: where a wrong gradient shows most.
    const int64_t at = named.tensor.abs().argmax().item<int64_t>();
    at::Tensor entry = weight.view(-1)[at];
    const double before = entry.item<double>();
    entry.fill_(before + kStep);
    const double up =
        Gradient(*spg, model, Passes::kOneGraph, 1 << 20).step.loss;
    entry.fill_(before - kStep);
    const double down =
        Gradient(*spg, model, Passes::kOneGraph, 1 << 20).step.loss;
    entry.fill_(before);
    const double expected = named.tensor.view(-1)[at].item<double>();
    EXPECT_NEAR((up - down) / (2 * kStep), expected,
                1e-7 * std::max(1e-2, std::abs(expected)))
        << named.name;
  }
}

}  // namespace
}  // namespace mdrl
