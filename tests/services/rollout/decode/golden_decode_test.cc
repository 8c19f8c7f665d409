// Decodes by the authors' own generate functions, with the noise they drew
// (tests/golden/README.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/rollout/decode/decoder.h"
#include "tests/testing/golden.h"
#include "tests/testing/golden_tensors.h"

namespace mdrl {
namespace {

using nlohmann::json;

struct DecodeCase {
  std::filesystem::path folder;  // .../decode
  json value;
  std::string name() const { return value["name"]; }
  friend std::ostream& operator<<(std::ostream& out, const DecodeCase& c) {
    return out << c.name();
  }
};

std::vector<DecodeCase> AllCases() {
  std::vector<DecodeCase> cases;
  for (const auto& folder : GoldenFoldersOf("decode")) {
    const json file = ReadJson(folder / "cases.json");
    for (const json& value : file["cases"]) cases.push_back({folder, value});
  }
  return cases;
}

// What this release decodes: no caches, guidance or threshold.
bool IsCovered(const DecodeCase& c) {
  static const std::set<std::string> algorithms = {
      "spg_eval", "d1_eval", "spg_trainer", "fastdllm_nocache"};
  return algorithms.count(c.value["algorithm"].get<std::string>()) > 0 &&
         c.value["settings"]["cfg_scale"].get<double>() == 0.0 &&
         !c.value["settings"].contains("threshold") &&
         std::filesystem::exists(c.folder.parent_path() /
                                 c.value["model"].get<std::string>());
}

std::vector<DecodeCase> CoveredCases() {
  std::vector<DecodeCase> cases;
  for (const DecodeCase& c : AllCases()) {
    if (IsCovered(c)) cases.push_back(c);
  }
  return cases;
}

// Draws in the order in which the authors' code made them: per forward first
// Gumbel uniforms [B, T, V] if T > 0, then remasking uniforms [B, T].
class RecordedNoise : public NoiseSource {
 public:
  explicit RecordedNoise(const DecodeCase& c)
      : prompt_(c.value["prompt"][0].size()) {
    if (!c.value.contains("draws_in_order")) return;
    const GoldenTensors noise(c.folder / "noise.safetensors");
    for (const json& draw : c.value["draws_in_order"]) {
      const std::string name = draw.is_string()
                                   ? draw.get<std::string>()
                                   : draw["tensor"].get<std::string>();
      const at::Tensor tensor = noise.Get(name).to(at::kFloat).contiguous();
      (tensor.dim() == 3 ? gumbel_ : remasking_).push_back(tensor);
    }
  }

  void Gumbel(const NoiseKey& key, uint32_t first,
              std::span<float> uniform) const override {
    const at::Tensor& t = gumbel_.at(key.step);
    const float* row =
        t.const_data_ptr<float>() +
        (key.row * t.size(1) + prompt_ + key.position) * t.size(2) + first;
    std::copy_n(row, uniform.size(), uniform.data());
  }
  float Remasking(const NoiseKey& key) const override {
    const at::Tensor& t = remasking_.at(key.step);
    return t
        .const_data_ptr<float>()[key.row * t.size(1) + prompt_ + key.position];
  }

 private:
  const int64_t prompt_;
  std::vector<at::Tensor> gumbel_, remasking_;
};

DecodeSettings SettingsOf(const json& settings) {
  DecodeSettings out;
  out.canvas_tokens = settings["gen_length"];
  out.block_tokens = settings["block_length"];
  out.decode_steps = settings["steps"];
  out.temperature = settings["temperature"];
  out.cfg_scale = settings["cfg_scale"];
  if (settings["remasking"] == "random") out.reveal = Reveal::kRandom;
  return out;
}

std::vector<DecodeRow> RowsOf(const json& prompts) {
  std::vector<DecodeRow> rows;
  for (const json& prompt : prompts) {
    DecodeRow row;
    row.prompt_tokens = prompt.get<std::vector<int32_t>>();
    row.completion = static_cast<uint32_t>(rows.size());
    rows.push_back(std::move(row));
  }
  return rows;
}

// (step, row) -> position -> token
using Trace =
    std::map<std::pair<uint32_t, uint32_t>, std::map<uint32_t, int32_t>>;

Trace TraceOf(const json& trace) {
  Trace out;
  for (uint32_t step = 0; step < trace.size(); ++step) {
    const json& reveals = trace[step]["reveal"];
    for (uint32_t row = 0; row < reveals.size(); ++row) {
      for (size_t i = 0; i < reveals[row]["pos"].size(); ++i) {
        out[{step, row}][reveals[row]["pos"][i]] = reveals[row]["tok"][i];
      }
    }
  }
  return out;
}

class GoldenDecodeTest : public testing::TestWithParam<DecodeCase> {};

TEST_P(GoldenDecodeTest, RevealsTheSameTokensInTheSameSteps) {
  const DecodeCase& c = GetParam();
  const Transformer model =
      GoldenModel(c.folder.parent_path() / c.value["model"].get<std::string>());
  const RecordedNoise noise(c);
  DecoderOptions options;
  options.noise = &noise;
  const auto decoder =
      Decoder::Create(model, SettingsOf(c.value["settings"]), options);
  ASSERT_TRUE(decoder.ok()) << decoder.status();

  Trace trace;
  DecodeWatch watch;
  watch.reveal = [&trace](const RevealEvent& event) {
    trace[{event.step, event.row}][event.position] = event.token;
  };
  const auto rows = RowsOf(c.value["prompt"]);
  const auto completions = (*decoder)->Decode(rows, watch);
  ASSERT_TRUE(completions.ok()) << completions.status();
  EXPECT_EQ(trace, TraceOf(c.value["trace"]));
  for (size_t i = 0; i < rows.size(); ++i) {
    std::vector<int32_t> all = rows[i].prompt_tokens;
    const auto& tokens = (*completions)[i].tokens;
    all.insert(all.end(), tokens.begin(), tokens.end());
    EXPECT_EQ(all, c.value["final"][i].get<std::vector<int32_t>>());
    EXPECT_EQ((*completions)[i].forwards,
              c.value["num_forwards"].get<uint32_t>());
  }
}

std::string CaseName(const testing::TestParamInfo<DecodeCase>& info) {
  return absl::StrCat(TestName(info.param.name()), "_", info.index);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GoldenDecodeTest);
INSTANTIATE_TEST_SUITE_P(Golden, GoldenDecodeTest,
                         testing::ValuesIn(CoveredCases()), CaseName);

TEST(GoldenDecodeCoverage, WhatIsNotDecodedYetIsPrinted) {
  const auto cases = AllCases();
  if (cases.empty()) GTEST_SKIP() << "no golden decodes (../shared/golden)";
  for (const DecodeCase& c : cases) {
    if (!IsCovered(c)) {
      std::printf("not covered: %s: %s\n", c.folder.c_str(), c.name().c_str());
    }
  }
}

}  // namespace
}  // namespace mdrl
