// A golden .safetensors file as tensors, and a golden model folder as a model.
//
// Aborts the test program, naming the file, on anything that is not as it
// should be. Thread-safe once built.
#ifndef MDRL_TESTS_TESTING_GOLDEN_TENSORS_H_
#define MDRL_TESTS_TESTING_GOLDEN_TENSORS_H_

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ATen/core/Tensor.h"
#include "common/format/safetensors.h"
#include "common/model/transformer.h"

namespace mdrl {

class GoldenTensors {
 public:
  explicit GoldenTensors(const std::filesystem::path& file);

  bool Has(const std::string& name) const { return file_->Contains(name); }
  // A copy on the CPU in the stored dtype.
  at::Tensor Get(const std::string& name) const;
  const std::vector<std::string>& names() const { return file_->names(); }

 private:
  std::unique_ptr<SafetensorsFile> file_;
};

// The model in `folder`, its weights in `type`, without gradients.
Transformer GoldenModel(const std::filesystem::path& folder,
                        at::ScalarType type = at::kFloat);

}  // namespace mdrl

#endif  // MDRL_TESTS_TESTING_GOLDEN_TENSORS_H_
