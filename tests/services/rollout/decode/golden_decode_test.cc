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
#include <utility>
#include <vector>

#include "ATen/core/Tensor.h"
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

// The kinds that have a test: every one that the golden README lists.
const std::set<std::string>& Algorithms() {
  static const std::set<std::string> algorithms = {"spg_eval",
                                                   "d1_eval",
                                                   "spg_trainer",
                                                   "fastdllm_nocache",
                                                   "fastdllm_prefix_cache",
                                                   "fastdllm_dual_cache"};
  return algorithms;
}

bool IsCovered(const DecodeCase& c) {
  return Algorithms().count(c.value["algorithm"].get<std::string>()) > 0 &&
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

// Some forwards of the authors' code reveal nothing: their cached decoders run
// one after the block is complete. Ours leaves such a forward out.
bool RevealsNothing(const json& forward) {
  return std::all_of(forward["reveal"].begin(), forward["reveal"].end(),
                     [](const json& row) { return row["pos"].empty(); });
}

// Draws in the order in which the authors' code made them: per forward first
// Gumbel uniforms [B, positions fed, V] if T > 0, then remasking uniforms [B,
// positions fed]. The prefix cache draws Gumbel uniforms twice for a suffix and
// uses the second.
class RecordedNoise : public NoiseSource {
 public:
  explicit RecordedNoise(const DecodeCase& c)
      : prompt_(c.value["prompt"][0].size()) {
    if (!c.value.contains("draws_in_order")) return;
    const GoldenTensors noise(c.folder / "noise.safetensors");
    std::vector<at::Tensor> draws;
    for (const json& draw : c.value["draws_in_order"]) {
      draws.push_back(noise.Get(draw.is_string()
                                    ? draw.get<std::string>()
                                    : draw["tensor"].get<std::string>()));
    }
    size_t next = 0;
    for (const json& forward : c.value["trace"]) {
      const bool twice = c.value["algorithm"] == "fastdllm_prefix_cache" &&
                         forward["start"].get<int64_t>() > 0;
      Forward recorded{forward["start"].get<int64_t>(), {}, {}};
      if (c.value["settings"]["temperature"].get<double>() > 0) {
        next += twice ? 1 : 0;
        recorded.gumbel =
            draws.at(next++).to(at::kDouble).log().neg().log().neg();
      }
      if (c.value["settings"]["remasking"] == "random") {
        recorded.remasking = draws.at(next++).to(at::kFloat);
      }
      if (!RevealsNothing(forward)) forwards_.push_back(std::move(recorded));
    }
    EXPECT_EQ(next, draws.size()) << "every draw has its use";
  }

  void Gumbel(const NoiseKey& key, uint32_t first,
              std::span<float> gumbel) const override {
    const Forward& forward = At(key.step);
    const at::Tensor row_V =
        forward.gumbel[key.row][Column(key, forward)].contiguous();
    const double* from = row_V.const_data_ptr<double>() + first;
    std::copy_n(from, gumbel.size(), gumbel.data());
  }
  float Remasking(const NoiseKey& key) const override {
    const Forward& forward = At(key.step);
    return forward.remasking[key.row][Column(key, forward)].item<float>();
  }

 private:
  struct Forward {
    int64_t start;
    at::Tensor gumbel, remasking;
  };
  // Steps come in order; each that reveals is the next of the forwards.
  const Forward& At(uint32_t step) const {
    const auto known = order_.try_emplace(step, order_.size()).first;
    return forwards_.at(known->second);
  }
  int64_t Column(const NoiseKey& key, const Forward& forward) const {
    return prompt_ + key.position - forward.start;
  }

  const int64_t prompt_;
  std::vector<Forward> forwards_;
  mutable std::map<uint32_t, size_t> order_;
};

DecodeSettings SettingsOf(const json& settings, const std::string& algorithm) {
  DecodeSettings out;
  out.canvas_tokens = settings["gen_length"];
  out.block_tokens = settings["block_length"];
  out.decode_steps = settings["steps"];
  out.temperature = settings["temperature"];
  out.cfg_scale = settings["cfg_scale"];
  if (settings["remasking"] == "random") out.reveal = Reveal::kRandom;
  if (settings.contains("threshold")) {
    out.reveal = Reveal::kThreshold;
    out.threshold = settings["threshold"];
  }
  if (algorithm == "fastdllm_prefix_cache") out.cache = DecodeCache::kPrefix;
  if (algorithm == "fastdllm_dual_cache") out.cache = DecodeCache::kDual;
  return out;
}

// Prompts without the padding that the attention mask marks.
std::vector<DecodeRow> RowsOf(const DecodeCase& c) {
  std::vector<DecodeRow> rows;
  for (const json& prompt : c.value["prompt"]) {
    DecodeRow row;
    row.prompt_tokens = prompt.get<std::vector<int32_t>>();
    const json& mask = c.value["prompt_attention_mask"];
    if (mask.is_array()) {
      const auto real = mask[rows.size()].get<std::vector<int>>();
      const auto first = std::find(real.begin(), real.end(), 1) - real.begin();
      row.prompt_tokens.erase(row.prompt_tokens.begin(),
                              row.prompt_tokens.begin() + first);
    }
    row.completion = static_cast<uint32_t>(rows.size());
    rows.push_back(std::move(row));
  }
  return rows;
}

// What one forward was fed and what it revealed: row -> column -> token.
struct Seen {
  uint32_t from = 0, to = 0;
  std::map<uint32_t, std::map<uint32_t, int32_t>> reveals;
  friend bool operator==(const Seen&, const Seen&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Seen& seen) {
    out << "[" << seen.from << ", " << seen.to << ")";
    for (const auto& [row, columns] : seen.reveals) {
      for (const auto& [column, token] : columns) {
        out << " " << row << ":" << column << "=" << token;
      }
    }
    return out;
  }
};

std::vector<Seen> TraceOf(const json& trace) {
  std::vector<Seen> out;
  for (const json& forward : trace) {
    if (RevealsNothing(forward)) continue;
    Seen& seen = out.emplace_back();
    seen.from = forward["start"];
    seen.to = seen.from + forward["len"].get<uint32_t>();
    const json& reveals = forward["reveal"];
    for (uint32_t row = 0; row < reveals.size(); ++row) {
      for (size_t i = 0; i < reveals[row]["pos"].size(); ++i) {
        seen.reveals[row][reveals[row]["pos"][i]] = reveals[row]["tok"][i];
      }
    }
  }
  return out;
}

class GoldenDecodeTest : public testing::TestWithParam<DecodeCase> {};

TEST_P(GoldenDecodeTest, RevealsTheSameTokensInTheSameForwards) {
  const DecodeCase& c = GetParam();
  const Transformer model =
      GoldenModel(c.folder.parent_path() / c.value["model"].get<std::string>());
  const RecordedNoise noise(c);
  DecoderOptions options;
  options.noise = &noise;
  options.attend_padding = true;  // as the authors' code does
  const auto decoder = Decoder::Create(
      model, SettingsOf(c.value["settings"], c.value["algorithm"]), options);
  ASSERT_TRUE(decoder.ok()) << decoder.status();

  const auto rows = RowsOf(c);
  const uint32_t prompt = c.value["prompt"][0].size();
  std::vector<Seen> trace;
  DecodeWatch watch;
  watch.forward = [&trace](const ForwardEvent& event) {
    trace.push_back({event.from, event.to, {}});
  };
  watch.reveal = [&](const RevealEvent& event) {
    const uint32_t pad = prompt - rows[event.row].prompt_tokens.size();
    trace.back().reveals[event.row][pad + event.position] = event.token;
  };
  const auto completions = (*decoder)->Decode(rows, watch);
  ASSERT_TRUE(completions.ok()) << completions.status();
  EXPECT_EQ(trace, TraceOf(c.value["trace"]));
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto golden = c.value["final"][i].get<std::vector<int32_t>>();
    EXPECT_EQ((*completions)[i].tokens,
              std::vector<int32_t>(golden.begin() + prompt, golden.end()));
    EXPECT_EQ((*completions)[i].forwards, trace.size());
  }
}

std::string CaseName(const testing::TestParamInfo<DecodeCase>& info) {
  return absl::StrCat(TestName(info.param.name()), "_", info.index);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GoldenDecodeTest);
INSTANTIATE_TEST_SUITE_P(Golden, GoldenDecodeTest,
                         testing::ValuesIn(CoveredCases()), CaseName);

TEST(GoldenDecodeCoverage, EveryCaseOfAKindWithATestHasRun) {
  const auto cases = AllCases();
  if (cases.empty()) GTEST_SKIP() << "no golden decodes (../shared/golden)";
  std::map<std::string, int> listed, covered;
  for (const DecodeCase& c : cases) {
    const std::string algorithm = c.value["algorithm"];
    if (IsCovered(c)) {
      ++covered[algorithm];
    } else {
      std::printf("not covered: %s: %s (%s)\n", c.folder.c_str(),
                  c.name().c_str(), algorithm.c_str());
    }
    if (Algorithms().count(algorithm) > 0) ++listed[algorithm];
  }
  for (const auto& [algorithm, count] : covered) {
    EXPECT_EQ(count, listed[algorithm]) << algorithm;
    std::printf("covered: %s: %d\n", algorithm.c_str(), count);
  }
}

}  // namespace
}  // namespace mdrl
