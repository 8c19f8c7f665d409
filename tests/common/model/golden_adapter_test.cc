// Logits of adapters that PEFT wrote, by the authors' modelling code
// (tests/golden/README.md).
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "ATen/TensorOperators.h"
#include "absl/strings/str_cat.h"
#include "c10/core/InferenceMode.h"
#include "common/model/adapter_source.h"
#include "common/model/head.h"
#include "common/model/transformer_reference.h"
#include "tests/testing/golden.h"
#include "tests/testing/golden_tensors.h"

namespace mdrl {
namespace {

struct AdapterCase {
  std::filesystem::path folder;  // .../peft
  std::string name;
  friend std::ostream& operator<<(std::ostream& out, const AdapterCase& c) {
    return out << c.folder << ": " << c.name;
  }
};

// Logits want the model beside the adapters.
std::vector<AdapterCase> Cases() {
  std::vector<AdapterCase> cases;
  for (const auto& folder : GoldenFoldersOf("peft")) {
    if (!std::filesystem::exists(folder / "logits.safetensors") ||
        !std::filesystem::exists(folder.parent_path() / "tiny_llada")) {
      continue;
    }
    const auto expected = ReadJson(folder / "expected.json");
    for (const auto& entry : expected.items()) {
      if (std::filesystem::is_directory(folder / entry.key())) {
        cases.push_back({folder, entry.key()});
      }
    }
  }
  return cases;
}

double LargestDifference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

at::Tensor AllLogits(const Transformer& model, const at::Tensor& ids) {
  return Logits(model, model.Hidden(ids, 0, ids.size(1)));
}

class GoldenAdapterTest : public testing::TestWithParam<AdapterCase> {};

TEST_P(GoldenAdapterTest, LogitsAreReproducedBesideTheBaseAndMerged) {
  const c10::InferenceMode no_grad;
  const AdapterCase& c = GetParam();
  const GoldenTensors golden(c.folder / "logits.safetensors");
  const at::Tensor ids = golden.Get("input_ids");
  // The published target lists name modules that LLaDA does not have.
  for (const auto& [type, tolerance] :
       {std::pair{at::kFloat, 1e-4}, {at::kDouble, 1e-8}}) {
    const Transformer base =
        GoldenModel(c.folder.parent_path() / "tiny_llada", type);
    const auto loaded = LoadAdapter(c.folder / c.name, base.config(),
                                    /*ignore_unmatched=*/true, type);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    const Transformer adapted = base.With(loaded->adapter);
    const at::Tensor expected = golden.Get(c.name + ".logits_adapter_f64");
    EXPECT_LT(LargestDifference(AllLogits(adapted, ids), expected), tolerance);
    EXPECT_LT(LargestDifference(AllLogits(adapted.WithoutAdapter(), ids),
                                golden.Get("base.logits_f32")),
              1e-4);
    const Transformer merged(
        base.config(), MergeAdapter(base.weights(), loaded->adapter, type));
    EXPECT_LT(LargestDifference(AllLogits(merged, ids),
                                golden.Get(c.name + ".logits_merged_f32")),
              2e-4);
    for (const std::string& name : golden.names()) {
      const std::string prefix = c.name + ".merged_weight.";
      if (!name.starts_with(prefix)) continue;
      const at::Tensor* weight =
          FindTensor(merged.weights(), name.substr(prefix.size()));
      ASSERT_NE(weight, nullptr) << name;
      EXPECT_LT(LargestDifference(*weight, golden.Get(name)), 1e-5) << name;
    }
  }
}

std::string CaseName(const testing::TestParamInfo<AdapterCase>& info) {
  return absl::StrCat(TestName(info.param.name), "_", info.index);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GoldenAdapterTest);
INSTANTIATE_TEST_SUITE_P(Golden, GoldenAdapterTest, testing::ValuesIn(Cases()),
                         CaseName);

TEST(GoldenAdapterCoverage, EveryAdapterWithLogitsHasRun) {
  const std::vector<AdapterCase> cases = Cases();
  if (cases.empty()) GTEST_SKIP() << "no adapters with logits here";
  std::map<std::filesystem::path, size_t> run;
  for (const AdapterCase& c : cases) ++run[c.folder];
  for (const auto& [folder, count] : run) {
    size_t listed = 0;
    const GoldenTensors golden(folder / "logits.safetensors");
    for (const std::string& name : golden.names()) {
      listed += name.ends_with(".logits_adapter_f64");
    }
    EXPECT_GE(count, listed) << folder;
  }
}

}  // namespace
}  // namespace mdrl
