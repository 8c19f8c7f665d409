// SPG and LLaDA's SFT loss against the numbers of the published code.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ATen/TensorOperators.h"
#include "ATen/ops/arange.h"
#include "ATen/ops/from_blob.h"
#include "ATen/ops/lerp.h"
#include "ATen/ops/where.h"
#include "common/format/safetensors.h"
#include "gtest/gtest.h"
#include "services/learner/algorithm/likelihood.h"
#include "services/learner/algorithm/llada_sft.h"
#include "services/learner/algorithm/registry.h"
#include "tests/services/learner/algorithm/readouts.h"
#include "tests/services/learner/golden_arrays.h"
#include "tests/testing/golden.h"

namespace mdrl {
namespace {

struct LossCase {
  std::filesystem::path folder;
  nlohmann::json json;
  std::string name() const { return json["name"].get<std::string>(); }
  // The published fp32 code under- or overflows: only its fp64 run counts.
  bool fp64_only() const {
    return json.contains("authors_fp32_gradient_nonfinite_entries");
  }
};

void PrintTo(const LossCase& c, std::ostream* out) { *out << c.name(); }

std::vector<LossCase> CasesNamed(const std::string& prefix) {
  std::vector<LossCase> cases;
  for (const auto& folder : GoldenFoldersOf("losses")) {
    const nlohmann::json listed = ReadJson(folder / "cases.json");
    for (const auto& json : listed["cases"]) {
      if (json["name"].get<std::string>().rfind(prefix, 0) == 0) {
        cases.push_back({folder, json});
      }
    }
  }
  return cases;
}

std::string CaseName(const testing::TestParamInfo<LossCase>& info) {
  return TestName(info.param.name()) + "_" + std::to_string(info.index);
}

class CaseFile {
 public:
  explicit CaseFile(const LossCase& c) {
    auto file = SafetensorsFile::Open(c.folder / (c.name() + ".safetensors"));
    MDRL_CHECK(file.ok()) << file.status().message();
    file_ = *std::move(file);
  }
  at::Tensor Read(const std::string& name, at::ScalarType type) const {
    GoldenArray array = ReadGoldenArray(*file_, name);
    const std::vector<int64_t> shape(array.shape.begin(), array.shape.end());
    return at::from_blob(array.values.data(), shape, at::kDouble)
        .to(type, /*non_blocking=*/false, /*copy=*/true);
  }

 private:
  std::unique_ptr<SafetensorsFile> file_;
};

double MaxAbs(const at::Tensor& x) { return x.abs().max().item<double>(); }

AlgorithmSettings SettingsOf(const LossCase& c) {
  const auto& args = c.json["args"];
  AlgorithmSettings settings;
  const std::string estimation = args["logp_estimation"];
  settings.spg.negative = estimation == "zero" ? "drop" : estimation;
  settings.spg.beta = args["eubo_beta"];
  settings.spg.omega = args["mix_weight"];
  return settings;
}

// The case's readouts and everything constant beside them, in `type`.
LossInputs InputsOf(const LossCase& c, const CaseFile& file,
                    const Algorithm& algorithm, at::ScalarType type) {
  const at::Tensor logp = file.Read(
      type == at::kDouble ? "per_token_logps_f64" : "per_token_logps", type);
  const int64_t canvas = logp.size(2);
  const at::Tensor inside = file.Read("completion_mask", at::kBool);
  const at::Tensor masked = file.Read("is_masked", at::kBool);
  const at::Tensor scored = masked.narrow(2, masked.size(2) - canvas, canvas)
                                .logical_and(inside.unsqueeze(1));
  const at::Tensor group = at::arange(logp.size(0), at::kLong)
                               .floor_divide(c.json["group_size"].get<int>());
  const at::Tensor advantage =
      algorithm.Advantage(file.Read("rewards", at::kDouble), group);
  return MakeInputs(logp, scored, inside.sum(1), advantage, group);
}

class SpgLossTest : public testing::TestWithParam<LossCase> {};

TEST_P(SpgLossTest, ScoresAndAdvantagesEqualThePublishedOnes) {
  if (GetParam().fp64_only()) GTEST_SKIP() << "fp32 scores are not to be met";
  const CaseFile file(GetParam());
  const auto algorithm = MakeAlgorithm(SettingsOf(GetParam()));
  ASSERT_TRUE(algorithm.ok()) << algorithm.status();
  const LossInputs in = InputsOf(GetParam(), file, **algorithm, at::kFloat);
  const auto& args = GetParam().json["args"];
  const at::Tensor elbo_B = MaskedMeanElbo(in);
  const at::Tensor eubo_B = Eubo(in, args["eubo_beta"].get<double>());
  const at::Tensor mix_B =
      at::lerp(elbo_B, eubo_B, args["mix_weight"].get<double>());
  EXPECT_LT(MaxAbs(elbo_B - file.Read("score_elbo", at::kFloat)), 1e-4);
  EXPECT_LT(MaxAbs(eubo_B - file.Read("score_eubo", at::kFloat)), 1e-4);
  EXPECT_LT(MaxAbs(mix_B - file.Read("score_mix", at::kFloat)), 1e-4);

  // Dropped rows have advantage 0; the published code drops their score.
  at::Tensor expected = file.Read("advantages", at::kFloat);
  if (args["logp_estimation"].get<std::string>() == "zero") {
    expected = expected.clamp_min(0);
  }
  EXPECT_LT(MaxAbs(in.advantage_B - expected), 1e-6);
}

TEST_P(SpgLossTest, LossAndItsDerivativeEqualThePublishedOnes) {
  const CaseFile file(GetParam());
  const auto algorithm = MakeAlgorithm(SettingsOf(GetParam()));
  ASSERT_TRUE(algorithm.ok()) << algorithm.status();
  const auto loss = [&algorithm](const LossInputs& in) {
    return (*algorithm)->Loss(in).loss;
  };
  const double loss_f64 = GetParam().json["loss_f64"].get<double>();
  const at::Tensor weight_f64 = file.Read("dloss_dlogp_f64", at::kDouble);
  const double scale = std::max(1.0, std::abs(loss_f64));

  const Derivative single =
      Differentiate(loss, InputsOf(GetParam(), file, **algorithm, at::kFloat));
  EXPECT_NEAR(single.value, loss_f64, 3e-5 * scale);
  EXPECT_LT(MaxAbs(single.weight_BSL.to(at::kDouble) - weight_f64),
            1e-4 * MaxAbs(weight_f64));

  // The published code keeps advantages and |M|/n in fp32 even here.
  const Derivative full =
      Differentiate(loss, InputsOf(GetParam(), file, **algorithm, at::kDouble));
  EXPECT_NEAR(full.value, loss_f64, 3e-7 * scale);
  EXPECT_LT(MaxAbs(full.weight_BSL - weight_f64), 3e-7 * MaxAbs(weight_f64));
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SpgLossTest);
INSTANTIATE_TEST_SUITE_P(Golden, SpgLossTest,
                         testing::ValuesIn(CasesNamed("spg_")), CaseName);

class SftLossTest : public testing::TestWithParam<LossCase> {};

TEST_P(SftLossTest, LossAndItsDerivativeEqualThePublishedOnes) {
  const CaseFile file(GetParam());
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
                         testing::ValuesIn(CasesNamed("llada_sft_")), CaseName);

TEST(GoldenLossesTest, WhatNoTestCoversIsPrinted) {
  int listed = 0;
  for (const LossCase& c : CasesNamed("")) {
    ++listed;
    const std::string name = c.name();
    const bool covered =
        name.rfind("spg_", 0) == 0 || name.rfind("llada_sft_", 0) == 0;
    if (!covered) {
      std::printf("not covered: %s: %s\n", c.folder.c_str(), name.c_str());
    } else if (name != "spg_mix_fullweights") {
      std::printf("not covered: %s: %s: grad.* of adapters\n", c.folder.c_str(),
                  name.c_str());
    }
  }
  if (listed == 0) GTEST_SKIP() << "no golden losses here (../shared/golden)";
}

}  // namespace
}  // namespace mdrl
