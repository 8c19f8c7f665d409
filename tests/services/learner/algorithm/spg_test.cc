#include "services/learner/algorithm/spg.h"

#include <cmath>
#include <vector>

#include "ATen/TensorOperators.h"
#include "ATen/ops/allclose.h"
#include "ATen/ops/equal.h"
#include "ATen/ops/full.h"
#include "ATen/ops/ones.h"
#include "ATen/ops/tensor.h"
#include "ATen/ops/zeros.h"
#include "gtest/gtest.h"
#include "services/learner/algorithm/likelihood.h"
#include "services/learner/algorithm/registry.h"
#include "tests/services/learner/algorithm/readouts.h"

namespace mdrl {
namespace {

// A fixed, irregular number in (0, 1) for each index.
double Irregular(int64_t i) {
  const double x = std::sin(12.9898 * static_cast<double>(i + 1)) * 43758.5453;
  return x - std::floor(x);
}

at::Tensor IrregularTensor(std::vector<int64_t> shape, double low,
                           double high) {
  at::Tensor out = at::zeros(shape, at::kDouble);
  auto* data = out.data_ptr<double>();
  for (int64_t i = 0; i < out.numel(); ++i) {
    data[i] = low + (high - low) * Irregular(i);
  }
  return out;
}

// Two groups of three, S samples, canvas 8, all lengths differing.
LossInputs TwoGroups(int64_t samples) {
  const at::Tensor logp = IrregularTensor({6, samples, 8}, -6.0, -0.05);
  const at::Tensor length = at::tensor({8, 5, 3, 8, 1, 6}, at::kLong);
  at::Tensor scored = IrregularTensor({6, samples, 8}, 0.0, 1.0) > 0.4;
  for (int64_t b = 0; b < 6; ++b) {
    const int64_t n = length[b].item<int64_t>();
    scored[b].narrow(1, n, 8 - n).fill_(false);
    scored[b].narrow(1, 0, 1).fill_(true);
  }
  return MakeInputs(
      logp, scored, length,
      at::tensor({0.5, -0.25, -0.25, -1.0, 1.5, -0.5}, at::kDouble),
      at::tensor({0, 0, 0, 1, 1, 1}, at::kLong));
}

Spg MakeSpg(SpgOptions options) { return Spg(options, nullptr); }

TEST(SpgTest, WithOneSampleTheTwoBoundsHaveTheSameGradient) {
  LossInputs in = TwoGroups(1);
  for (const double beta : {1.0, 1.5, 4.0}) {
    const auto elbo = Differentiate(
        [](const LossInputs& x) { return MaskedMeanElbo(x).sum(); }, in);
    const auto eubo = Differentiate(
        [beta](const LossInputs& x) { return Eubo(x, beta).sum(); }, in);
    EXPECT_TRUE(at::allclose(elbo.weight_BSL, eubo.weight_BSL, 1e-12, 1e-14));

    const at::Tensor t_B = in.scored_BSL.sum(2).squeeze(1) / in.length_B;
    EXPECT_TRUE(at::allclose(Eubo(in, beta) - MaskedMeanElbo(in),
                             -t_B.log() / beta, 1e-12, 1e-12));
  }
}

TEST(SpgTest, EuboStaysFiniteWherePowersUnderflow) {
  LossInputs in = TwoGroups(2);
  in.logp_BSL = (in.logp_BSL * 100).to(at::kFloat);
  in.length_B = in.length_B.to(at::kFloat);
  const auto eubo =
      Differentiate([](const LossInputs& x) { return Eubo(x, 8.0).sum(); }, in);
  EXPECT_TRUE(std::isfinite(eubo.value));
  EXPECT_TRUE(eubo.weight_BSL.isfinite().all().item<bool>());
  // No position is dropped: each one scored anywhere has responsibilities that
  // sum to 1/|U|.
  const at::Tensor union_BL = in.scored_BSL.any(1);
  const at::Tensor expected_BL =
      union_BL.to(at::kFloat) / union_BL.sum(1, /*keepdim=*/true);
  EXPECT_TRUE(at::allclose(eubo.weight_BSL.sum(1), expected_BL, 1e-5, 1e-6));
}

TEST(SpgTest, ForLargeBetaTheMostConfidentSampleTakesAll) {
  LossInputs in = TwoGroups(3);
  in.scored_BSL.fill_(true);
  const auto eubo =
      Differentiate([](const LossInputs& x) { return Eubo(x, 1e4).sum(); }, in);
  const at::Tensor best_BL = in.logp_BSL.argmax(1);
  const at::Tensor taken_BL = eubo.weight_BSL.argmax(1);
  EXPECT_TRUE(at::equal(best_BL, taken_BL));
  EXPECT_TRUE(at::allclose(std::get<0>(eubo.weight_BSL.max(1)),
                           at::full({6, 8}, 1.0 / 8, at::kDouble), 1e-9, 0));
}

TEST(SpgTest, ZeroAdvantageGivesZeroGradient) {
  LossInputs in = TwoGroups(2);
  in.advantage_B = in.advantage_B.clone();
  in.advantage_B.narrow(0, 0, 3).zero_();
  const Spg spg = MakeSpg({});
  const auto loss = Differentiate(
      [&spg](const LossInputs& x) { return spg.Loss(x).loss; }, in);
  EXPECT_EQ(loss.weight_BSL.narrow(0, 0, 3).abs().max().item<double>(), 0.0);
  EXPECT_GT(loss.weight_BSL.narrow(0, 3, 3).abs().max().item<double>(), 0.0);
}

TEST(SpgTest, UnscoredPositionsAndUnreadRowsGetNoGradient) {
  LossInputs in = TwoGroups(2);
  in.scored_BSL.narrow(0, 2, 1).fill_(false);
  const Spg spg = MakeSpg({});
  const auto loss = Differentiate(
      [&spg](const LossInputs& x) { return spg.Loss(x).loss; }, in);
  EXPECT_TRUE(std::isfinite(loss.value));
  const at::Tensor outside =
      loss.weight_BSL.masked_select(in.scored_BSL.logical_not());
  EXPECT_EQ(outside.abs().max().item<double>(), 0.0);
}

TEST(SpgTest, OrderOfCompletionsDoesNotMatter) {
  const LossInputs in = TwoGroups(2);
  const at::Tensor order = at::tensor({4, 2, 0, 5, 1, 3}, at::kLong);
  LossInputs shuffled = in;
  for (at::Tensor* x :
       {&shuffled.logp_BSL, &shuffled.scored_BSL, &shuffled.weight_BS,
        &shuffled.length_B, &shuffled.advantage_B, &shuffled.group_B}) {
    *x = x->index_select(0, order);
  }
  const Spg spg = MakeSpg({});
  const auto loss = [&spg](const LossInputs& x) { return spg.Loss(x).loss; };
  const auto straight = Differentiate(loss, in);
  const auto mixed = Differentiate(loss, shuffled);
  EXPECT_NEAR(straight.value, mixed.value, 1e-14);
  EXPECT_TRUE(at::allclose(straight.weight_BSL.index_select(0, order),
                           mixed.weight_BSL, 1e-13, 1e-15));

  const at::Tensor reward =
      at::tensor({1.0, 0.0, 0.25, 0.5, 0.5, 0.5}, at::kDouble);
  const at::Tensor advantage = spg.Advantage(reward, in.group_B);
  EXPECT_TRUE(at::allclose(spg.Advantage(reward.index_select(0, order),
                                         in.group_B.index_select(0, order)),
                           advantage.index_select(0, order), 0, 1e-15));
}

TEST(SpgTest, DerivativeMatchesFiniteDifferences) {
  const LossInputs in = TwoGroups(2);
  const Spg spg = MakeSpg({.beta = 2.0, .omega = 0.3});
  const auto loss = [&spg](const LossInputs& x) { return spg.Loss(x).loss; };
  const at::Tensor weight_BSL = Differentiate(loss, in).weight_BSL;
  constexpr double kStep = 1e-5;
  for (const int64_t i : {0, 7, 20, 33, 51, 66, 90}) {
    LossInputs moved = in;
    moved.logp_BSL = in.logp_BSL.clone();
    moved.logp_BSL.view(-1)[i] += kStep;
    const double up = loss(moved).item<double>();
    moved.logp_BSL.view(-1)[i] -= 2 * kStep;
    const double down = loss(moved).item<double>();
    EXPECT_NEAR((up - down) / (2 * kStep),
                weight_BSL.view(-1)[i].item<double>(), 1e-9);
  }
}

TEST(SpgTest, CapCutsTheGradientOfImprobableTokensOfNegativeRowsOnly) {
  const LossInputs in = TwoGroups(2);
  const Spg plain = MakeSpg({});
  const Spg capped = MakeSpg({.negative_cap = 0.05});
  const auto free = Differentiate(
      [&plain](const LossInputs& x) { return plain.Loss(x).loss; }, in);
  const auto cut = Differentiate(
      [&capped](const LossInputs& x) { return capped.Loss(x).loss; }, in);
  EXPECT_DOUBLE_EQ(free.value, cut.value);
  const at::Tensor hopeless =
      (in.logp_BSL < std::log(0.05))
          .logical_and((in.advantage_B < 0).reshape({6, 1, 1}));
  EXPECT_GT(hopeless.sum().item<int64_t>(), 0);
  EXPECT_TRUE(at::allclose(
      cut.weight_BSL, free.weight_BSL.masked_fill(hopeless, 0.0), 1e-12, 0));
}

TEST(SpgTest, NegativeWeightScalesAndDropClearsNegativeAdvantages) {
  const at::Tensor reward = at::tensor({1.0, 0.0, 0.5}, at::kDouble);
  const at::Tensor group = at::zeros({3}, at::kLong);
  EXPECT_TRUE(
      at::allclose(MakeSpg({.negative_weight = 0.3}).Advantage(reward, group),
                   at::tensor({0.5, -0.15, 0.0}, at::kDouble)));
  EXPECT_TRUE(at::equal(MakeSpg({.negative = SpgOptions::Negative::kDrop})
                            .Advantage(reward, group),
                        at::tensor({0.5, -0.0, 0.0}, at::kDouble)));
}

TEST(SpgTest, WithoutTheUpperBoundOnePassIsEnough) {
  using Negative = SpgOptions::Negative;
  EXPECT_FALSE(MakeSpg({}).needs().separable);
  EXPECT_FALSE(MakeSpg({.negative = Negative::kEubo}).needs().separable);
  EXPECT_TRUE(MakeSpg({.negative = Negative::kElbo}).needs().separable);
  EXPECT_TRUE(MakeSpg({.negative = Negative::kDrop}).needs().separable);
}

TEST(SpgTest, MetricsAreMeansOverTheRowsThatWereRead) {
  LossInputs in = TwoGroups(2);
  in.scored_BSL.narrow(0, 1, 5).fill_(false);
  const LossAndMetrics out = MakeSpg({}).Loss(in);
  ASSERT_EQ(out.metrics[0].first, "elbo");
  EXPECT_DOUBLE_EQ(out.metrics[0].second.item<double>(),
                   MaskedMeanElbo(in)[0].item<double>());
}

}  // namespace
}  // namespace mdrl
