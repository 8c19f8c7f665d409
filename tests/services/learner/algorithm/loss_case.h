// Cases of golden/losses as a method and its inputs.
#ifndef MDRL_TESTS_SERVICES_LEARNER_ALGORITHM_LOSS_CASE_H_
#define MDRL_TESTS_SERVICES_LEARNER_ALGORITHM_LOSS_CASE_H_

#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "ATen/core/Tensor.h"
#include "common/format/safetensors.h"
#include "gtest/gtest.h"
#include "services/learner/algorithm/algorithm.h"
#include "services/learner/algorithm/settings.h"
#include "tests/testing/golden.h"

namespace mdrl {

struct LossCase {
  std::filesystem::path folder;
  nlohmann::json json;
  std::string name() const { return json["name"].get<std::string>(); }
  bool Is(const std::string& prefix) const {
    return name().rfind(prefix, 0) == 0;
  }
  // The published fp32 code under- or overflows: only its fp64 run counts.
  bool fp64_only() const {
    return json.contains("authors_fp32_gradient_nonfinite_entries");
  }
};

void PrintTo(const LossCase& c, std::ostream* out);
std::vector<LossCase> LossCasesNamed(const std::string& prefix);
std::string LossCaseName(const testing::TestParamInfo<LossCase>& info);

// Cases of the ten methods, the supervised ones left out.
std::vector<LossCase> MethodCases();

// The tensors of a case. Ends the test program, naming one that is absent.
class LossFile {
 public:
  explicit LossFile(const LossCase& c);
  bool Has(const std::string& name) const { return file_->Contains(name); }
  at::Tensor Read(const std::string& name, at::ScalarType type) const;

 private:
  std::unique_ptr<SafetensorsFile> file_;
};

double MaxAbs(const at::Tensor& x);

// The method of a case with its hyper-parameters; InvalidArgument never.
AlgorithmSettings SettingsOf(const LossCase& c);
std::unique_ptr<Algorithm> MethodOf(const LossCase& c);

// A case with its readouts and all that is constant beside them in `type`.
// Samples are laid out as our laws draw them: ESPO's pairs one behind the
// other, TraceRL's states by row, JustGRPO's positions.
struct LoadedCase {
  std::unique_ptr<Algorithm> algorithm;
  LossInputs in;
  at::Tensor ids_BST;    // what the model was fed, T = P + L
  at::Tensor target_BL;  // completion_ids
  // From a derivative by logp_BSL (or teacher_ce_BSL) to the file's layout.
  at::Tensor InFileLayout(const at::Tensor& derivative_BSL) const;
  at::Tensor state_row;  // TraceRL: row of each state
  bool coupled = false;
  int64_t file_dims = 3;
  bool diagonal = false;
};
LoadedCase LoadCase(const LossCase& c, const LossFile& file,
                    at::ScalarType type);

}  // namespace mdrl

#endif  // MDRL_TESTS_SERVICES_LEARNER_ALGORITHM_LOSS_CASE_H_
