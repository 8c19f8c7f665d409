#include "tests/testing/golden_tensors.h"

#include <utility>

#include "common/base/log.h"
#include "common/format/model_folder.h"
#include "common/model/weights.h"
#include "common/tensor/tensor_bytes.h"

namespace mdrl {

GoldenTensors::GoldenTensors(const std::filesystem::path& file) {
  auto opened = SafetensorsFile::Open(file);
  MDRL_CHECK(opened.ok()) << opened.status();
  file_ = *std::move(opened);
}

at::Tensor GoldenTensors::Get(const std::string& name) const {
  const auto view = file_->Find(name);
  MDRL_CHECK(view.ok()) << view.status();
  auto tensor = TensorFromBytes(view->dtype, view->shape, view->bytes);
  MDRL_CHECK(tensor.ok()) << name << ": " << tensor.status();
  return *std::move(tensor);
}

Transformer GoldenModel(const std::filesystem::path& folder,
                        at::ScalarType type) {
  const auto opened = ModelFolder::Open(folder);
  MDRL_CHECK(opened.ok()) << opened.status();
  auto weights = LoadWeights(**opened, type);
  MDRL_CHECK(weights.ok()) << weights.status();
  return Transformer((*opened)->config(), *std::move(weights));
}

}  // namespace mdrl
