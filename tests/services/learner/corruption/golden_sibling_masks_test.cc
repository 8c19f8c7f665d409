// Canvases of d1, ESPO, DTM, LLaDA's likelihood, TraceRL and JustGRPO, rebuilt
// from the draws and the decode steps of the published code.
#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "services/learner/corruption/registry.h"
#include "tests/services/learner/corruption/mask_case.h"
#include "tests/services/learner/corruption/recorded_draws.h"

namespace mdrl {
namespace {

using Scope = DrawSource::Scope;

// A row of ids, cut into prompt and completion.
struct Text {
  std::vector<int32_t> prompt;
  Completion completion;
};

Text Cut(const std::vector<double>& ids, size_t prompt) {
  Text text;
  text.prompt.assign(ids.begin(), ids.begin() + prompt);
  text.completion.tokens.assign(ids.begin() + prompt, ids.end());
  text.completion.effective_tokens =
      static_cast<uint32_t>(text.completion.tokens.size());
  return text;
}

std::vector<double> Tail(const std::vector<double>& row, size_t first) {
  return {row.begin() + first, row.end()};
}

std::vector<int32_t> Integers(const GoldenArray& array) {
  return {array.values.begin(), array.values.end()};
}

// Law and common parts of a case of golden/masks.
class SiblingMasksTest : public testing::TestWithParam<MaskCase> {
 protected:
  SiblingMasksTest() : file_(GetParam()), batch_(file_.Output("batch")) {
    prompt_ = GetParam().json["prompt_length"].get<size_t>();
    rows_ = static_cast<int>(batch_.shape[0]);
  }
  GoldenArray Draw(size_t number) const {
    return file_.Named(GetParam().json["draws_in_order"][number]["tensor"]);
  }
  std::unique_ptr<CorruptionLaw> Law(CorruptionSettings settings) const {
    settings.mask_id = GetParam().json["mask_id"];
    auto law = MakeCorruptionLaw(settings);
    EXPECT_TRUE(law.ok()) << law.status();
    return *std::move(law);
  }

  MaskFile file_;
  GoldenArray batch_;
  size_t prompt_ = 0;
  int rows_ = 0;
};

using DiffuGrpoMasksTest = SiblingMasksTest;

TEST_P(DiffuGrpoMasksTest, EqualThePublishedOnes) {
  const auto law =
      Law({.kind = "all",
           .samples = 1,
           .mask_prompt = GetParam().json["args"]["p_mask_prompt"]});
  for (int row = 0; row < rows_; ++row) {
    const Text text = Cut(batch_.Row(row), prompt_);
    const std::vector<double> uniforms = Draw(0).Row(row);
    RecordedDraws draws;
    draws.At(Scope::kSample, 0)
        .uniforms.assign(uniforms.begin(), uniforms.end());
    const auto drawn = law->Draw(text.prompt, text.completion, Place{}, draws);
    ExpectSample(drawn[0], prompt_, file_.Output("noisy_batch").Row(row),
                 Tail(file_.Output("is_masked").Row(row), prompt_));
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DiffuGrpoMasksTest);
INSTANTIATE_TEST_SUITE_P(Golden, DiffuGrpoMasksTest,
                         testing::ValuesIn(CasesNamed("d1_")), CaseName);

using EspoMasksTest = SiblingMasksTest;

TEST_P(EspoMasksTest, EqualThePublishedOnes) {
  const auto law = Law({.kind = "coupled", .samples = 1});
  const double cycle = static_cast<double>(batch_.shape[1] - prompt_ + 1);
  for (int row = 0; row < rows_; ++row) {
    const Text text = Cut(batch_.Row(row), prompt_);
    RecordedDraws draws;
    draws.At(Scope::kGroup, 0).counts = {static_cast<int>(Draw(0).values[0])};
    draws.At(Scope::kSample, 0).permutations = {Integers(Draw(1 + row))};
    const auto drawn =
        law->Draw(text.prompt, text.completion,
                  Place{.completion = row, .group_size = rows_}, draws);
    ASSERT_EQ(drawn.size(), 2u);
    ExpectSample(drawn[0], prompt_, file_.Output("noisy_batch").Row(row),
                 Tail(file_.Output("is_masked").Row(row), prompt_));
    const double p = file_.Output("p_mask").Row(row)[0];
    EXPECT_NEAR(drawn[0].weight, p > 0 ? 1 / p : 0.0, 1e-4);
    const double q = (cycle - 1) / cycle - p;  // of the complement
    EXPECT_NEAR(drawn[1].weight, q > 1e-6 ? 1 / q : 0.0, 1e-4);
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EspoMasksTest);
INSTANTIATE_TEST_SUITE_P(Golden, EspoMasksTest,
                         testing::ValuesIn(CasesNamed("espo_")), CaseName);

using DtmMasksTest = SiblingMasksTest;

TEST_P(DtmMasksTest, EqualThePublishedOnes) {
  const auto law =
      Law({.kind = "suffix_block",
           .samples = 1,
           .block_tokens = GetParam().json["args"]["block_length"]});
  for (int row = 0; row < rows_; ++row) {
    const Text text = Cut(batch_.Row(row), prompt_);
    const std::vector<double> uniforms = Draw(1).Row(row);
    RecordedDraws draws;
    auto& line = draws.At(Scope::kSample, 0);
    line.counts = {static_cast<int>(Draw(0).values[row])};
    line.uniforms.assign(uniforms.begin(), uniforms.end());
    const auto drawn = law->Draw(text.prompt, text.completion, Place{}, draws);
    ExpectSample(drawn[0], prompt_, file_.Output("noisy_batch").Row(row),
                 file_.Output("active_block").Row(row));
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DtmMasksTest);
INSTANTIATE_TEST_SUITE_P(Golden, DtmMasksTest,
                         testing::ValuesIn(CasesNamed("dtm_")), CaseName);

using LikelihoodMasksTest = SiblingMasksTest;

TEST_P(LikelihoodMasksTest, EqualThePublishedOnes) {
  const auto& args = GetParam().json["args"];
  const int samples = args["batch_size"];
  const int iterations = args["iterations"];
  const auto law = Law({.kind = "random",
                        .samples = samples,
                        .mask_prompt = 0.0,
                        .count = CountLaw::kStratified});
  const Text text = Cut(batch_.Row(0), prompt_);
  size_t next = 0;
  for (int iteration = 0; iteration < iterations; ++iteration) {
    RecordedDraws draws;
    draws.At(Scope::kCompletion, 0).counts = {
        static_cast<int>(Draw(next++).values[0])};
    for (int s = 0; s < samples; ++s) {
      draws.At(Scope::kSample, s).permutations = {Integers(Draw(next++))};
    }
    const auto drawn = law->Draw(text.prompt, text.completion, Place{}, draws);
    ASSERT_EQ(drawn.size(), static_cast<size_t>(samples));
    const std::vector<double> noisy =
        file_.Output("noisy_batch").Row(iteration);
    const std::vector<double> masked = file_.Output("is_masked").Row(iteration);
    const std::vector<double> count = file_.Output("mask_count").Row(iteration);
    const size_t width = noisy.size() / samples;
    for (int s = 0; s < samples; ++s) {
      const auto row = [&](const std::vector<double>& of) {
        return std::vector<double>(of.begin() + s * width,
                                   of.begin() + (s + 1) * width);
      };
      ExpectSample(drawn[s], prompt_, row(noisy), Tail(row(masked), prompt_));
      EXPECT_DOUBLE_EQ(drawn[s].weight, (width - prompt_) / count[s]);
    }
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LikelihoodMasksTest);
INSTANTIATE_TEST_SUITE_P(Golden, LikelihoodMasksTest,
                         testing::ValuesIn(CasesNamed("llada_likelihood")),
                         CaseName);

// A case of golden/losses whose canvases need no draws.
class StatesTest : public testing::TestWithParam<MaskCase> {
 protected:
  StatesTest() {
    auto file = SafetensorsFile::Open(
        GetParam().folder / GetParam().json["file"].get<std::string>());
    MDRL_CHECK(file.ok()) << file.status().message();
    file_ = *std::move(file);
    for (size_t row = 0; row < Read("prompt_ids").shape[0]; ++row) {
      std::vector<double> ids = Read("prompt_ids").Row(row);
      const std::vector<double> tokens = Read("completion_ids").Row(row);
      prompt_ = ids.size();
      ids.insert(ids.end(), tokens.begin(), tokens.end());
      texts_.push_back(Cut(ids, prompt_));
    }
  }
  GoldenArray Read(const std::string& name) const {
    return ReadGoldenArray(*file_, name);
  }
  // Of the model that golden/losses refers to.
  static int32_t MaskId() {
    return ReadJson(GetParam().folder.parent_path() / "tiny_llada" /
                    "config.json")["mask_token_id"];
  }

  std::unique_ptr<SafetensorsFile> file_;
  size_t prompt_ = 0;
  std::vector<Text> texts_;
  RecordedDraws none_;
};

using TraceRlStatesTest = StatesTest;

TEST_P(TraceRlStatesTest, EqualThePublishedOnes) {
  const auto& args = GetParam().json["args"];
  CorruptionSettings settings{.kind = "decode_states",
                              .mask_id = MaskId(),
                              .eos_id = args["pad_id"],
                              .merge = args["shrink"]};
  settings.eos_scored.reset();
  if (!args["post_num"].is_null()) settings.eos_scored = args["post_num"];
  const auto law = MakeCorruptionLaw(settings);
  ASSERT_TRUE(law.ok()) << law.status();
  const std::vector<double> state_row = Read("state_row").values;
  size_t state = 0;
  for (size_t row = 0; row < texts_.size(); ++row) {
    for (const double step : Read("step_map").Row(row)) {
      texts_[row].completion.reveal_step.push_back(static_cast<uint16_t>(step));
    }
    const auto drawn = (*law)->Draw(texts_[row].prompt, texts_[row].completion,
                                    Place{}, none_);
    for (const Sample& sample : drawn) {
      ASSERT_LT(state, state_row.size());
      EXPECT_EQ(state_row[state], static_cast<double>(row));
      ExpectSample(sample, prompt_, Read("perturbed").Row(state),
                   Read("loss_mask").Row(state));
      ++state;
    }
  }
  EXPECT_EQ(state, state_row.size());
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TraceRlStatesTest);
INSTANTIATE_TEST_SUITE_P(Golden, TraceRlStatesTest,
                         testing::ValuesIn(CasesNamed("tracerl_", "losses")),
                         CaseName);

using JustGrpoStatesTest = StatesTest;

TEST_P(JustGrpoStatesTest, EqualThePublishedOnes) {
  const auto law =
      MakeCorruptionLaw({.kind = "left_to_right", .mask_id = MaskId()});
  ASSERT_TRUE(law.ok()) << law.status();
  for (size_t row = 0; row < texts_.size(); ++row) {
    const auto drawn = (*law)->Draw(texts_[row].prompt, texts_[row].completion,
                                    Place{}, none_);
    const size_t canvas = texts_[row].completion.tokens.size();
    ASSERT_EQ(drawn.size(), canvas);
    const std::vector<double> all = Read("perturbed").Row(row);
    const size_t width = prompt_ + canvas;
    for (size_t i = 0; i < canvas; ++i) {
      std::vector<double> scored(canvas, 0.0);
      scored[i] = 1.0;
      ExpectSample(drawn[i], prompt_,
                   {all.begin() + i * width, all.begin() + (i + 1) * width},
                   scored);
    }
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JustGrpoStatesTest);
INSTANTIATE_TEST_SUITE_P(Golden, JustGrpoStatesTest,
                         testing::ValuesIn(CasesNamed("justgrpo_", "losses")),
                         CaseName);

TEST(GoldenMasksTest, WhatNoTestCoversIsPrinted) {
  constexpr std::array<std::string_view, 6> kCovered = {
      "spg_", "d1_", "espo_", "dtm_", "llada_sft_", "llada_likelihood"};
  int listed = 0;
  for (const MaskCase& c : CasesNamed("")) {
    ++listed;
    const std::string name = c.name();
    bool covered = false;
    for (const std::string_view prefix : kCovered) {
      covered = covered || name.rfind(prefix, 0) == 0;
    }
    if (!covered) {
      std::printf("not covered: %s: %s\n", c.folder.c_str(), name.c_str());
    }
  }
  if (listed == 0) GTEST_SKIP() << "no golden masks here (../shared/golden)";
}

}  // namespace
}  // namespace mdrl
