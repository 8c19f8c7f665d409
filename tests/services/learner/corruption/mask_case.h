// Cases of golden/masks and golden/losses, as far as canvases go.
#ifndef MDRL_TESTS_SERVICES_LEARNER_CORRUPTION_MASK_CASE_H_
#define MDRL_TESTS_SERVICES_LEARNER_CORRUPTION_MASK_CASE_H_

#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "common/format/safetensors.h"
#include "gtest/gtest.h"
#include "services/learner/corruption/corruption_law.h"
#include "tests/services/learner/golden_arrays.h"
#include "tests/testing/golden.h"

namespace mdrl {

struct MaskCase {
  std::filesystem::path folder;
  nlohmann::json json;
  std::string name() const { return json["name"].get<std::string>(); }
};

// So that a failing parameter prints as its name, not as its bytes.
inline void PrintTo(const MaskCase& c, std::ostream* out) { *out << c.name(); }

// `kind`: masks or losses.
inline std::vector<MaskCase> CasesNamed(const std::string& prefix,
                                        const std::string& kind = "masks") {
  std::vector<MaskCase> cases;
  for (const auto& folder : GoldenFoldersOf(kind)) {
    const nlohmann::json listed = ReadJson(folder / "cases.json");
    for (const auto& json : listed["cases"]) {
      if (json["name"].get<std::string>().rfind(prefix, 0) == 0) {
        cases.push_back({folder, json});
      }
    }
  }
  return cases;
}

inline std::string CaseName(const testing::TestParamInfo<MaskCase>& info) {
  // Two golden folders may hold a case of the same name.
  return TestName(info.param.name()) + "_" + std::to_string(info.index);
}

// The tensors of one case of golden/masks.
class MaskFile {
 public:
  explicit MaskFile(const MaskCase& c) : name_(c.name()) {
    auto file = SafetensorsFile::Open(c.folder / "masks.safetensors");
    MDRL_CHECK(file.ok()) << file.status().message();
    file_ = *std::move(file);
  }
  GoldenArray Output(const std::string& what) const {
    return ReadGoldenArray(*file_, name_ + "." + what);
  }
  GoldenArray Named(const std::string& tensor) const {
    return ReadGoldenArray(*file_, tensor);
  }

 private:
  std::string name_;
  std::unique_ptr<SafetensorsFile> file_;
};

// Input and scored positions of one sample against a row of the golden arrays.
inline void ExpectSample(const Sample& sample, size_t prompt,
                         const std::vector<double>& input,
                         const std::vector<double>& scored) {
  EXPECT_EQ(std::vector<double>(sample.input.begin(), sample.input.end()),
            input);
  EXPECT_EQ(std::vector<double>(sample.scored.begin(), sample.scored.end()),
            scored);
  EXPECT_EQ(sample.input.size(), prompt + sample.target.size());
}

}  // namespace mdrl

#endif  // MDRL_TESTS_SERVICES_LEARNER_CORRUPTION_MASK_CASE_H_
