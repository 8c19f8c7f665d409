// Properties that the papers prove, or that pin what a formula means. Those of
// SPG itself are in spg_test.
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "ATen/TensorOperators.h"
#include "ATen/ops/allclose.h"
#include "ATen/ops/full.h"
#include "ATen/ops/log_softmax.h"
#include "ATen/ops/ones.h"
#include "ATen/ops/tensor.h"
#include "ATen/ops/where.h"
#include "ATen/ops/zeros.h"
#include "gtest/gtest.h"
#include "services/learner/algorithm/likelihood.h"
#include "services/learner/algorithm/registry.h"
#include "services/learner/corruption/coupled.h"
#include "services/learner/corruption/left_to_right.h"
#include "tests/services/learner/algorithm/readouts.h"
#include "tests/services/learner/corruption/recorded_draws.h"

namespace mdrl {
namespace {

// A fixed, irregular number in (0, 1) for each index.
double Irregular(int64_t i) {
  const double x = std::sin(12.9898 * static_cast<double>(i + 1)) * 43758.5453;
  return x - std::floor(x);
}

at::Tensor IrregularTensor(std::vector<int64_t> shape, double low, double high,
                           int64_t salt = 0) {
  at::Tensor out = at::zeros(shape, at::kDouble);
  auto* data = out.data_ptr<double>();
  for (int64_t i = 0; i < out.numel(); ++i) {
    data[i] = low + (high - low) * Irregular(i + 1000 * salt);
  }
  return out;
}

std::unique_ptr<Algorithm> Make(const AlgorithmSettings& settings) {
  auto algorithm = MakeAlgorithm(settings);
  MDRL_CHECK(algorithm.ok()) << algorithm.status();
  return *std::move(algorithm);
}

// Two groups of three, two samples each, canvas 8, all lengths differing.
LossInputs TwoGroups() {
  const at::Tensor length = at::tensor({8, 5, 3, 8, 1, 6}, at::kLong);
  at::Tensor scored = IrregularTensor({6, 2, 8}, 0.0, 1.0) > 0.4;
  for (int64_t b = 0; b < 6; ++b) {
    const int64_t n = length[b].item<int64_t>();
    scored[b].narrow(1, n, 8 - n).fill_(false);
    scored[b].narrow(1, 0, 1).fill_(true);
  }
  const at::Tensor logp =
      at::where(scored, IrregularTensor({6, 2, 8}, -3.0, -0.05),
                at::zeros({6, 2, 8}, at::kDouble));
  return MakeInputs(
      logp, scored, length,
      at::tensor({0.5, -0.25, -0.25, -1.0, 1.5, -0.5}, at::kDouble),
      at::tensor({0, 0, 0, 1, 1, 1}, at::kLong));
}

Derivative LossOf(const Algorithm& algorithm, const LossInputs& in) {
  return Differentiate(
      [&](const LossInputs& x) { return algorithm.Loss(x).loss; }, in);
}

// Three binary tokens with a joint distribution of its own, read as a mask
// predictor reads it: p(x_i | what is not masked). All masks, each count
// equally likely: every mask of one or two, three times that of all three.
LossInputs Enumerated(const std::vector<double>& joint, int x) {
  const auto marginal = [&](int known, int values) {
    double sum = 0.0;
    for (int y = 0; y < 8; ++y) {
      if ((y & known) == (values & known)) sum += joint[y];
    }
    return sum;
  };
  std::vector<int> masks = {1, 2, 4, 3, 5, 6, 7, 7, 7};
  at::Tensor logp = at::zeros({1, 9, 3}, at::kDouble);
  at::Tensor scored = at::zeros({1, 9, 3}, at::kBool);
  for (int s = 0; s < 9; ++s) {
    const int known = 7 & ~masks[s];
    for (int i = 0; i < 3; ++i) {
      if ((masks[s] >> i & 1) == 0) continue;
      scored[0][s][i].fill_(true);
      logp[0][s][i].fill_(
          std::log(marginal(known | 1 << i, x) / marginal(known, x)));
    }
  }
  return MakeInputs(logp, scored, at::full({1}, 3, at::kLong),
                    at::ones({1}, at::kDouble), at::zeros({1}, at::kLong));
}

TEST(SandwichTest, TheTwoBoundsEncloseLogPiWhereConditionalsAreConsistent) {
  for (int seed = 0; seed < 20; ++seed) {
    std::vector<double> joint(8);
    for (int y = 0; y < 8; ++y) {
      joint[y] = std::pow(Irregular(8 * seed + y), 3) + 1e-3;
    }
    const double sum = std::accumulate(joint.begin(), joint.end(), 0.0);
    for (double& p : joint) p /= sum;
    for (int x = 0; x < 8; ++x) {
      const LossInputs in = Enumerated(joint, x);
      const double exact = std::log(joint[x]);
      EXPECT_LE(3 * MaskedMeanElbo(in).item<double>(), exact + 1e-12);
      EXPECT_NEAR(WeightedElbo(in, in.logp_BSL).item<double>(),
                  3 * MaskedMeanElbo(in).item<double>(), 1e-12);
      // beta = n: the bound's constant is 0 (Theorem 1).
      EXPECT_GE(3 * Eubo(in, 3.0).item<double>(), exact - 1e-12);
      EXPECT_GE(LooseEubo(in, 3.0).item<double>(),
                Eubo(in, 3.0).item<double>() - 1e-12);
    }
  }
}

TEST(BgpoTest, OnThePolicyItIsTheElboObjectiveInValueAndGradient) {
  const auto bgpo = Make({.name = "bgpo"});
  const LossInputs in = TwoGroups();
  const Derivative got = LossOf(*bgpo, in);
  const Derivative elbo = Differentiate(
      [](const LossInputs& x) {
        return -(x.advantage_B * WeightedElbo(x, x.logp_BSL) / x.length_B)
                    .mean();
      },
      in);
  EXPECT_NEAR(got.value, -in.advantage_B.mean().item<double>(), 1e-12);
  EXPECT_TRUE(at::allclose(got.weight_BSL, elbo.weight_BSL, 1e-12, 1e-14));
}

TEST(BgpoTest, OffThePolicyTheObjectiveIsALowerBoundForBothSigns) {
  const auto bgpo = Make({.name = "bgpo"});
  for (int salt = 1; salt < 30; ++salt) {
    LossInputs in = TwoGroups();
    in.old_logp_BSL =
        at::where(in.scored_BSL, IrregularTensor({6, 2, 8}, -3.0, -0.05, salt),
                  at::zeros({6, 2, 8}, at::kDouble));
    const at::Tensor d_B =
        (WeightedElbo(in, in.logp_BSL) - WeightedElbo(in, *in.old_logp_BSL)) /
        in.length_B;
    const at::Tensor ratio_B = d_B.exp() * in.advantage_B;
    for (int64_t b = 0; b < 6; ++b) {
      LossInputs alone = in;
      alone.advantage_B = at::zeros({6}, at::kDouble);
      alone.advantage_B[b].copy_(in.advantage_B[b]);
      EXPECT_LE(-6 * LossOf(*bgpo, alone).value,
                ratio_B[b].item<double>() + 1e-12);
    }
  }
}

TEST(BgpoTest, AHugeDifferenceLeavesTheGradientFinite) {
  const auto bgpo = Make({.name = "bgpo", .bgpo = {.divisor = 1.0}});
  LossInputs in = TwoGroups();
  in.old_logp_BSL = in.logp_BSL - 1000.0 * in.scored_BSL.to(at::kDouble);
  in.advantage_B = at::ones({6}, at::kDouble);
  EXPECT_TRUE(LossOf(*bgpo, in).weight_BSL.isfinite().all().item<bool>());
}

TEST(RatioTest, TheFirstUpdateHasRatioOneWhateverTheClip) {
  for (const char* name : {"diffu_grpo", "unigrpo", "tracerl", "justgrpo"}) {
    AlgorithmSettings settings{.name = name};
    settings.diffu_grpo = {.clip = 0.0, .kl_beta = 0.0};
    settings.unigrpo.clip = settings.tracerl.clip = settings.justgrpo.clip = 0;
    const auto method = Make(settings);
    LossInputs in = TwoGroups();
    const Derivative absent = LossOf(*method, in);
    in.old_logp_BSL = in.logp_BSL.clone();
    const LossAndMetrics given = method->Loss(in);
    EXPECT_EQ(given.loss.item<double>(), absent.value);
    const std::map<std::string, at::Tensor> metrics(given.metrics.begin(),
                                                    given.metrics.end());
    EXPECT_EQ(metrics.at("ratio").item<double>(), 1.0) << name;
    EXPECT_EQ(metrics.at("clip_share").item<double>(), 0.0) << name;
    // No slack and still a gradient: at the edge the ratio itself counts.
    EXPECT_GT(absent.weight_BSL.abs().max().item<double>(), 0.0) << name;
  }
}

TEST(Wd1Test, AGroupOfEqualRewardsHasNoWeightWhateverTheOthers) {
  LossInputs in = TwoGroups();
  in.advantage_B = at::tensor({0.0, 0.0, 0.0, -1.0, 1.5, -0.5}, at::kDouble);
  const Derivative ours = LossOf(*Make({.name = "wd1"}), in);
  EXPECT_EQ(ours.weight_BSL.narrow(0, 0, 3).abs().sum().item<double>(), 0.0);
  const Derivative published =
      LossOf(*Make({.name = "wd1", .wd1 = {.over_the_step = true}}), in);
  EXPECT_GT(published.weight_BSL.narrow(0, 0, 3).abs().sum().item<double>(),
            0.0);
}

TEST(EspoTest, UnderAUniformModelTheEstimateIsLTimesLogVOnAverage) {
  constexpr int kLength = 5;
  const double log_v = std::log(11.0);
  Completion completion;
  completion.tokens.assign(kLength, 3);
  completion.effective_tokens = 2;
  const CoupledLaw law({.mask_id = 99, .pairs = 1});
  double sum = 0.0;
  for (int k = 0; k <= kLength; ++k) {
    RecordedDraws draws;
    draws.At(DrawSource::Scope::kGroup, 0).counts = {k};
    draws.At(DrawSource::Scope::kSample, 0).permutations = {{3, 0, 4, 1, 2}};
    const auto samples = law.Draw({}, completion, Place{}, draws);
    LossInputs in;
    in.scored_BSL = at::zeros({1, 2, kLength}, at::kBool);
    in.weight_BS = at::zeros({1, 2}, at::kDouble);
    for (int s = 0; s < 2; ++s) {
      in.weight_BS[0][s].fill_(samples[s].weight);
      for (int i = 0; i < kLength; ++i) {
        in.scored_BSL[0][s][i].fill_(static_cast<bool>(samples[s].scored[i]));
      }
    }
    const at::Tensor logp = at::full({1, 2, kLength}, -log_v, at::kDouble);
    in.logp_BSL = logp;
    const double estimate = WeightedElbo(in, logp).item<double>();
    const double whole = -(kLength + 1) * log_v;
    EXPECT_NEAR(estimate, k == 0 || k == kLength ? whole / 2 : whole, 1e-12);
    sum += estimate;
  }
  EXPECT_NEAR(sum / (kLength + 1), -kLength * log_v, 1e-12);
}

TEST(RspoTest, ItsGradientIsThatOfASquaredDistanceToTheTarget) {
  constexpr double kLambda = 0.3;
  const auto rspo = Make({.name = "rspo", .rspo = {.lambda = kLambda}});
  LossInputs in = TwoGroups();
  in.ref_logp_BSL = IrregularTensor({6, 2, 8}, -3.0, -0.05, 5);
  const Derivative got = LossOf(*rspo, in);
  const Derivative square = Differentiate(
      [](const LossInputs& x) {
        const at::Tensor d_B =
            MaskedMeanElbo(x) - MaskedMeanElbo(x, *x.ref_logp_BSL);
        const at::Tensor centred_B = d_B - d_B.detach().mean();
        return kLambda * 0.5 *
               (centred_B - x.advantage_B / kLambda).square().mean();
      },
      in);
  EXPECT_TRUE(at::allclose(got.weight_BSL, square.weight_BSL, 1e-12, 1e-14));
}

TEST(RspoTest, WithLambdaZeroItIsTheAdvantageWeightedElbo) {
  const auto rspo = Make({.name = "rspo", .rspo = {.lambda = 0.0}});
  LossInputs in = TwoGroups();
  in.ref_logp_BSL = IrregularTensor({6, 2, 8}, -3.0, -0.05, 5);
  const Derivative plain = Differentiate(
      [](const LossInputs& x) {
        return -(x.advantage_B * MaskedMeanElbo(x)).mean();
      },
      in);
  EXPECT_TRUE(at::allclose(LossOf(*rspo, in).weight_BSL, plain.weight_BSL,
                           1e-12, 1e-14));
}

TEST(DtmTest, TheMinimiserIsTheTiltedPosterior) {
  // One masked position; the teacher draws token 0, 1, 2 with 1/2, 1/4, 1/4,
  // and four completions are exactly its draws. Rewards go by token.
  constexpr double kH = 1.7;
  const at::Tensor teacher = at::tensor({0.5, 0.25, 0.25}, at::kDouble);
  const at::Tensor reward = at::tensor({0.1, 0.9, 0.0}, at::kDouble);
  const at::Tensor token = at::tensor({0, 0, 1, 2}, at::kLong);
  for (const double c : {1.0, 0.5, 0.0}) {
    const auto dtm =
        Make({.name = "dtm", .dtm = {.h = kH, .control_variate = c}});
    const auto gradient_at = [&](const at::Tensor& p) {
      at::Tensor logit = p.log().detach().clone();
      logit.set_requires_grad(true);
      const at::Tensor logp = at::log_softmax(logit, 0);
      LossInputs in =
          MakeInputs(logp.index_select(0, token).reshape({4, 1, 1}),
                     at::ones({4, 1, 1}, at::kBool), at::ones({4}, at::kLong),
                     dtm->Advantage(reward.index_select(0, token),
                                    at::zeros({4}, at::kLong)),
                     at::zeros({4}, at::kLong));
      in.teacher_ce_BSL =
          -(teacher * logp).sum().expand({4}).reshape({4, 1, 1});
      dtm->Loss(in).loss.backward();
      return logit.grad().abs().max().item<double>();
    };
    at::Tensor tilted = teacher * (kH * reward).exp();
    tilted = tilted / tilted.sum();
    EXPECT_LT(gradient_at(tilted), 1e-14);
    EXPECT_GT(gradient_at(teacher), 1e-2);
  }
}

// A toy policy: log p of a token at a position, given the whole canvas.
double ToyLogp(const std::vector<int32_t>& canvas, int position,
               int32_t token) {
  int64_t hash = position;
  for (const int32_t seen : canvas) hash = hash * 31 % 10007 + seen;
  std::vector<double> weight(4);
  for (int v = 0; v < 4; ++v) weight[v] = 0.1 + Irregular(hash * 4 + v);
  return std::log(weight[token] /
                  std::accumulate(weight.begin(), weight.end(), 0.0));
}

TEST(JustGrpoTest, ItsScoreIsTheLogProbabilityOfTheLeftToRightDecoder) {
  constexpr int32_t kMask = 9;
  const std::vector<int32_t> prompt = {1, 2};
  Completion completion;
  completion.tokens = {3, 0, 1, 2, 2, 2};
  completion.effective_tokens = 4;
  double decoded = 0.0;
  std::vector<int32_t> canvas = prompt;
  canvas.resize(prompt.size() + completion.tokens.size(), kMask);
  for (size_t i = 0; i < completion.tokens.size(); ++i) {
    decoded += ToyLogp(canvas, static_cast<int>(i), completion.tokens[i]);
    canvas[prompt.size() + i] = completion.tokens[i];
  }

  RecordedDraws none;
  const auto samples = LeftToRightLaw({.mask_id = kMask})
                           .Draw(prompt, completion, Place{}, none);
  double scored = 0.0;
  for (const Sample& sample : samples) {
    for (size_t i = 0; i < sample.target.size(); ++i) {
      if (!sample.scored[i]) continue;
      scored += ToyLogp(sample.input, static_cast<int>(i), sample.target[i]);
    }
  }
  EXPECT_NEAR(scored, decoded, 1e-12);
}

}  // namespace
}  // namespace mdrl
