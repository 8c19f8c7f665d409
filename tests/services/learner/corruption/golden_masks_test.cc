// Masks of SPG and LLaDA's SFT, rebuilt from the draws the published code made.
#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/learner/corruption/registry.h"
#include "tests/services/learner/corruption/mask_case.h"
#include "tests/services/learner/corruption/recorded_draws.h"

namespace mdrl {
namespace {

using Scope = DrawSource::Scope;

// Deals the recorded draws to the rows and samples that used them; the README
// of the golden folder gives the order.
class Dealer {
 public:
  Dealer(const MaskCase& c, const MaskFile& file, int rows, int samples)
      : json_(c.json), file_(file), rows_(rows), samples_(samples) {}

  std::vector<RecordedDraws> Deal() {
    std::vector<RecordedDraws> draws(rows_);
    const std::string type = json_["args"]["forward_type"];
    if (type == "block_all" || type == "block_random") {
      for (auto& row : draws) {
        row.At(Scope::kCompletion, 0).permutations = {Permutation()};
      }
    }
    for (auto& row : draws) {
      if (type == "random") {
        const GoldenArray counts = Next("randint");
        for (int k = 0; k < samples_; ++k) {
          auto& line = row.At(Scope::kSample, k);
          line.counts = {static_cast<int>(counts.values[k])};
          line.permutations = {Permutation()};
        }
      } else if (type == "block_random") {
        for (int k = 0; k < samples_; ++k) {
          auto& line = row.At(Scope::kSample, k);
          line.counts = {static_cast<int>(Next("randint").values[0])};
          line.permutations = {Permutation()};
        }
      }
    }
    if (json_["args"]["use_mask_prompt"].get<bool>()) DealUniforms(draws);
    EXPECT_EQ(next_, json_["draws_in_order"].size()) << "draws left over";
    return draws;
  }

 private:
  GoldenArray Next(const std::string& kind) {
    const auto& draw = json_["draws_in_order"].at(next_++);
    EXPECT_EQ(draw["kind"].get<std::string>(), kind);
    return file_.Named(draw["tensor"].get<std::string>());
  }
  std::vector<int32_t> Permutation() {
    const GoldenArray order = Next("randperm");
    return {order.values.begin(), order.values.end()};
  }
  void DealUniforms(std::vector<RecordedDraws>& draws) {
    const GoldenArray uniforms = Next("rand");
    for (int row = 0; row < rows_; ++row) {
      const std::vector<double> all = uniforms.Row(row);
      const size_t size = all.size() / samples_;
      for (int k = 0; k < samples_; ++k) {
        draws[row]
            .At(Scope::kSample, k)
            .uniforms.assign(all.begin() + k * size,
                             all.begin() + (k + 1) * size);
      }
    }
  }

  const nlohmann::json& json_;
  const MaskFile& file_;
  const int rows_;
  const int samples_;
  size_t next_ = 0;
};

CorruptionSettings SettingsOf(const MaskCase& c) {
  const auto& args = c.json["args"];
  CorruptionSettings settings;
  settings.kind = args["forward_type"];
  settings.samples = args["num_t"];
  settings.mask_id = c.json["mask_id"];
  settings.block_tokens = args["block_length"];
  settings.ratio = {args["min_t"], args["max_t"]};
  settings.mask_prompt = args["use_mask_prompt"].get<bool>()
                             ? args["p_mask_prompt"].get<double>()
                             : 0.0;
  settings.choice = BlockChoice::kModulo;
  return settings;
}

class SpgMasksTest : public testing::TestWithParam<MaskCase> {};

TEST_P(SpgMasksTest, EqualThePublishedOnes) {
  const MaskFile file(GetParam());
  const auto law = MakeCorruptionLaw(SettingsOf(GetParam()));
  ASSERT_TRUE(law.ok()) << law.status();
  const GoldenArray batch = file.Output("batch");
  const GoldenArray noisy = file.Output("noisy_batch");
  const GoldenArray masked = file.Output("is_masked");
  const GoldenArray completion_mask = file.Output("completion_mask");
  const int rows = static_cast<int>(batch.shape[0]);
  const size_t width = batch.shape[1];
  const size_t prompt = GetParam().json["prompt_length"].get<size_t>();
  const int samples = GetParam().json["args"]["num_t"].get<int>();

  auto draws = Dealer(GetParam(), file, rows, samples).Deal();
  for (int row = 0; row < rows; ++row) {
    const std::vector<double> ids = batch.Row(row);
    const std::vector<double> inside = completion_mask.Row(row);
    const std::vector<int32_t> prompt_tokens(ids.begin(), ids.begin() + prompt);
    Completion completion;
    completion.tokens.assign(ids.begin() + prompt, ids.end());
    completion.effective_tokens =
        static_cast<uint32_t>(std::count(inside.begin(), inside.end(), 1.0));
    const auto drawn = (*law)->Draw(prompt_tokens, completion,
                                    Place{.completion = row}, draws[row]);
    ASSERT_EQ(drawn.size(), static_cast<size_t>(samples));
    EXPECT_EQ(draws[row].left(), 0u);
    for (int k = 0; k < samples; ++k) {
      const std::vector<double> all_input = noisy.Row(row);
      const std::vector<double> all_masked = masked.Row(row);
      std::vector<double> scored(inside.size());
      for (size_t i = 0; i < inside.size(); ++i) {
        scored[i] = all_masked[k * width + prompt + i] * inside[i];
      }
      ExpectSample(
          drawn[k], prompt,
          {all_input.begin() + k * width, all_input.begin() + (k + 1) * width},
          scored);
    }
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SpgMasksTest);
INSTANTIATE_TEST_SUITE_P(Golden, SpgMasksTest,
                         testing::ValuesIn(CasesNamed("spg_")), CaseName);

class SftMasksTest : public testing::TestWithParam<MaskCase> {};

TEST_P(SftMasksTest, EqualThePublishedOnes) {
  const MaskFile file(GetParam());
  const auto& order = GetParam().json["draws_in_order"];
  const GoldenArray t = file.Named(order[0]["tensor"]);
  const GoldenArray u = file.Named(order[1]["tensor"]);
  const GoldenArray batch = file.Output("batch");
  const GoldenArray noisy = file.Output("noisy_batch");
  const GoldenArray masked = file.Output("is_masked");
  const GoldenArray p_mask = file.Output("p_mask");
  const auto law = MakeCorruptionLaw({.kind = "bernoulli",
                                      .samples = 1,
                                      .mask_id = GetParam().json["mask_id"]});
  ASSERT_TRUE(law.ok()) << law.status();

  for (size_t row = 0; row < batch.shape[0]; ++row) {
    const size_t prompt = GetParam().json["prompt_lengths"][row].get<size_t>();
    const std::vector<double> ids = batch.Row(row);
    const std::vector<double> uniforms = u.Row(row);
    RecordedDraws draws;
    auto& line = draws.At(Scope::kSample, 0).uniforms;
    line = {static_cast<float>(t.values[row])};
    line.insert(line.end(), uniforms.begin() + prompt, uniforms.end());
    Completion answer;
    answer.tokens.assign(ids.begin() + prompt, ids.end());
    answer.effective_tokens = static_cast<uint32_t>(answer.tokens.size());
    const auto drawn =
        (*law)->Draw(std::vector<int32_t>(ids.begin(), ids.begin() + prompt),
                     answer, Place{}, draws);
    const std::vector<double> scored = masked.Row(row);
    ExpectSample(drawn[0], prompt, noisy.Row(row),
                 {scored.begin() + prompt, scored.end()});
    EXPECT_EQ(drawn[0].weight, 1.0 / p_mask.Row(row)[0]);
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SftMasksTest);
INSTANTIATE_TEST_SUITE_P(Golden, SftMasksTest,
                         testing::ValuesIn(CasesNamed("llada_sft_")), CaseName);

}  // namespace
}  // namespace mdrl
