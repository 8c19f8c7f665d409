// Every method, LLaDA's SFT loss and its likelihood against the numbers of the
// published code.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "ATen/TensorOperators.h"
#include "ATen/ops/lerp.h"
#include "gtest/gtest.h"
#include "services/learner/algorithm/likelihood.h"
#include "services/learner/algorithm/llada_sft.h"
#include "tests/services/learner/algorithm/loss_case.h"
#include "tests/services/learner/algorithm/readouts.h"

namespace mdrl {
namespace {

class MethodLossTest : public testing::TestWithParam<LossCase> {
 protected:
  MethodLossTest() : file_(GetParam()) {}
  LoadedCase Load(at::ScalarType type) const {
    return LoadCase(GetParam(), file_, type);
  }
  at::Tensor Read(const std::string& name) const {
    return file_.Read(name, at::kFloat);
  }
  LossFile file_;
};

TEST_P(MethodLossTest, LossAndItsDerivativesEqualThePublishedOnes) {
  const double loss_f64 = GetParam().json["loss_f64"].get<double>();
  const double scale = std::max(1.0, std::abs(loss_f64));
  for (const auto type : {at::kFloat, at::kDouble}) {
    const LoadedCase loaded = Load(type);
    const auto loss = [&](const LossInputs& in) {
      return loaded.algorithm->Loss(in).loss;
    };
    // Readouts of other policies, advantages and |M|/n are fp32 in the files
    // and in some of the published codes, even beside an fp64 run.
    const bool exact = type == at::kDouble && !loaded.in.old_logp_BSL &&
                       !loaded.in.ref_logp_BSL;
    const Derivative got = Differentiate(loss, loaded.in);
    EXPECT_NEAR(got.value, loss_f64, (exact ? 3e-7 : 3e-5) * scale);
    const at::Tensor weight_f64 = file_.Read("dloss_dlogp_f64", at::kDouble);
    EXPECT_LT(MaxAbs(loaded.InFileLayout(got.weight_BSL).to(at::kDouble) -
                     weight_f64),
              (exact ? 3e-7 : 1e-4) * MaxAbs(weight_f64) + 1e-12);
    if (!loaded.in.teacher_ce_BSL.has_value()) continue;
    const at::Tensor teacher_f64 =
        file_.Read("dloss_dteacher_ce_f64", at::kDouble);
    EXPECT_LT(
        MaxAbs(loaded.InFileLayout(got.teacher_weight_BSL).to(at::kDouble) -
               teacher_f64),
        (exact ? 3e-7 : 1e-4) * MaxAbs(teacher_f64));
  }
}

TEST_P(MethodLossTest, AdvantagesEqualThePublishedOnes) {
  const LossInputs in = Load(at::kFloat).in;
  if (GetParam().Is("dtm_")) {
    EXPECT_LT(MaxAbs(in.advantage_B - Read("rewards_clamped")), 1e-6);
    return;
  }
  at::Tensor expected = Read("advantages");
  const auto& args = GetParam().json["args"];
  // Dropped rows have advantage 0; the published code drops their score.
  if (args.contains("logp_estimation") && args["logp_estimation"] == "zero") {
    expected = expected.clamp_min(0);
  }
  EXPECT_LT(MaxAbs(in.advantage_B - expected), 2e-6);
}

TEST_P(MethodLossTest, ScoresEqualThePublishedOnes) {
  if (GetParam().fp64_only()) GTEST_SKIP() << "fp32 scores are not to be met";
  const LossInputs in = Load(at::kFloat).in;
  const auto& args = GetParam().json["args"];
  const auto expect_near = [this](const at::Tensor& got,
                                  const std::string& name, double tolerance) {
    EXPECT_LT(MaxAbs(got - Read(name)), tolerance) << name;
  };
  if (GetParam().Is("spg_")) {
    const at::Tensor elbo_B = MaskedMeanElbo(in);
    const at::Tensor eubo_B = Eubo(in, args["eubo_beta"].get<double>());
    expect_near(elbo_B, "score_elbo", 1e-4);
    expect_near(eubo_B, "score_eubo", 1e-4);
    expect_near(at::lerp(elbo_B, eubo_B, args["mix_weight"].get<double>()),
                "score_mix", 1e-4);
  } else if (GetParam().Is("wd1_")) {
    expect_near(SumLogp(in), "seq_logps", 3e-4);
  } else if (GetParam().Is("espo_")) {
    expect_near(WeightedElbo(in, in.logp_BSL), "elbo", 2e-4);
    expect_near(WeightedElbo(in, *in.old_logp_BSL), "old_elbo", 2e-4);
    expect_near(WeightedElbo(in, *in.ref_logp_BSL), "ref_elbo", 2e-4);
  } else if (GetParam().Is("bgpo_")) {
    expect_near(WeightedSums(in, in.logp_BSL), "ell", 3e-4);
    expect_near(WeightedSums(in, *in.old_logp_BSL), "ell_old", 3e-4);
  } else if (GetParam().Is("rspo_")) {
    expect_near(MaskedMeanElbo(in), "score", 1e-4);
    expect_near(MaskedMeanElbo(in, *in.ref_logp_BSL), "ref_score", 1e-4);
  } else if (GetParam().Is("justgrpo_")) {
    expect_near(SumLogp(in), "seq_logp", 3e-4);
  }
  // d1, UniGRPO, DTM and TraceRL have no score: the loss is all there is.
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MethodLossTest);
INSTANTIATE_TEST_SUITE_P(Golden, MethodLossTest,
                         testing::ValuesIn(MethodCases()), LossCaseName);

class LikelihoodTest : public testing::TestWithParam<LossCase> {};

TEST_P(LikelihoodTest, EstimatesEqualThePublishedOnes) {
  const LossFile file(GetParam());
  // Iterations as rows, the batch as samples; [I, S, L].
  LossInputs in;
  in.logp_BSL = file.Read("per_token_logps", at::kFloat);
  const int64_t answer = in.logp_BSL.size(2);
  const at::Tensor masked = file.Read("is_masked", at::kBool);
  in.scored_BSL = masked.narrow(2, masked.size(2) - answer, answer);
  in.weight_BS =
      static_cast<double>(answer) / file.Read("mask_count", at::kFloat);
  const at::Tensor estimate_B = WeightedElbo(in, in.logp_BSL);
  EXPECT_LT(MaxAbs(estimate_B - file.Read("batch_estimates", at::kFloat)),
            2e-4);
  EXPECT_NEAR(estimate_B.mean().item<double>(),
              GetParam().json["log_likelihood_f64"].get<double>(), 2e-4);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LikelihoodTest);
INSTANTIATE_TEST_SUITE_P(Golden, LikelihoodTest,
                         testing::ValuesIn(LossCasesNamed("llada_likelihood")),
                         LossCaseName);

class SftLossTest : public testing::TestWithParam<LossCase> {};

TEST_P(SftLossTest, LossAndItsDerivativeEqualThePublishedOnes) {
  const LossFile file(GetParam());
  for (const auto type : {at::kFloat, at::kDouble}) {
    LossInputs in;
    in.logp_BSL = file.Read(type == at::kDouble ? "per_token_logps_f64"
                                                : "per_token_logps",
                            type)
                      .unsqueeze(1);
    in.scored_BSL = file.Read("is_masked", at::kBool).unsqueeze(1);
    in.weight_BS = file.Read("p_mask", type).reciprocal().unsqueeze(1);
    in.length_B = file.Read("answer_lengths", type);
    const Derivative got = Differentiate(LladaSftLoss, in);
    const double loss_f64 = GetParam().json["loss_f64"].get<double>();
    const at::Tensor weight_f64 =
        file.Read("dloss_dlogp_f64", at::kDouble).unsqueeze(1);
    const double tolerance = type == at::kDouble ? 3e-7 : 3e-5;
    EXPECT_NEAR(got.value, loss_f64,
                tolerance * std::max(1.0, std::abs(loss_f64)));
    EXPECT_LT(MaxAbs(got.weight_BSL.to(at::kDouble) - weight_f64),
              (type == at::kDouble ? 3e-7 : 1e-4) * MaxAbs(weight_f64));
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SftLossTest);
INSTANTIATE_TEST_SUITE_P(Golden, SftLossTest,
                         testing::ValuesIn(LossCasesNamed("llada_sft_")),
                         LossCaseName);

TEST(GoldenLossesTest, WhatNoTestCoversIsPrinted) {
  int listed = 0;
  size_t covered = MethodCases().size();
  for (const char* prefix : {"llada_sft_", "llada_likelihood", "trajectory_"}) {
    covered += LossCasesNamed(prefix).size();
  }
  for (const LossCase& c : LossCasesNamed("")) {
    ++listed;
    bool known = c.Is("llada_sft_") || c.Is("llada_likelihood") ||
                 c.Is("trajectory_");  // of golden_update_test
    for (const LossCase& method : MethodCases()) {
      known = known || method.name() == c.name();
    }
    if (!known) {
      std::printf("not covered: %s: %s\n", c.folder.c_str(), c.name().c_str());
    }
  }
  EXPECT_LE(covered, static_cast<size_t>(listed));
  if (listed == 0) GTEST_SKIP() << "no golden losses here (../shared/golden)";
}

}  // namespace
}  // namespace mdrl
