#include "services/learner/training_files.h"

#include <memory>
#include <utility>

#include "ATen/core/Tensor.h"
#include "ATen/core/grad_mode.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/format/safetensors.h"
#include "common/tensor/tensor_bytes.h"

namespace mdrl {
namespace {

constexpr char kModelFile[] = "model.safetensors";
constexpr char kReferenceFile[] = "training/reference.safetensors";
constexpr char kAdapterFile[] = "adapter_model.safetensors";
constexpr char kOptimizerFile[] = "training/optimizer.safetensors";

const char* FileOf(const Transformer& model) {
  return model.adapter() == nullptr ? kModelFile : kAdapterFile;
}

std::string Serialize(const NamedTensors& tensors) {
  std::vector<std::string> bytes(tensors.size());
  std::vector<TensorToWrite> to_write;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const at::Tensor& tensor = tensors[i].tensor;
    AppendTensorBytes(tensor, bytes[i]);
    to_write.push_back({tensors[i].name,
                        std::string(DtypeName(tensor.scalar_type())),
                        ShapeOf(tensor), bytes[i]});
  }
  auto serialized = SerializeSafetensors(to_write, {{"format", "pt"}});
  MDRL_CHECK(serialized.ok()) << serialized.status().ToString();
  return *std::move(serialized);
}

absl::StatusOr<NamedTensors> ReadAll(const std::string& path) {
  MDRL_ASSIGN_OR_RETURN(const std::unique_ptr<SafetensorsFile> file,
                        SafetensorsFile::Open(path));
  NamedTensors tensors;
  for (const std::string& name : file->names()) {
    MDRL_ASSIGN_OR_RETURN(const TensorView view, file->Find(name));
    MDRL_ASSIGN_OR_RETURN(at::Tensor tensor,
                          TensorFromBytes(view.dtype, view.shape, view.bytes));
    tensors.push_back({name, std::move(tensor)});
  }
  return tensors;
}

}  // namespace

std::vector<TrainingFile> TrainingFiles(const Transformer& model,
                                        const AdamW& optimizer) {
  const at::NoGradGuard no_grad;
  return {{FileOf(model), Serialize(model.trainable())},
          {kOptimizerFile, Serialize(optimizer.State())}};
}

absl::Status RestoreTrainingFiles(const std::string& checkpoint_folder,
                                  const Transformer& model, AdamW& optimizer) {
  const at::NoGradGuard no_grad;
  const std::string model_path =
      absl::StrCat(checkpoint_folder, "/", FileOf(model));
  MDRL_ASSIGN_OR_RETURN(const NamedTensors weights, ReadAll(model_path));
  if (weights.size() != model.trainable().size()) {
    return absl::DataLossError(absl::StrCat(model_path, ": ", weights.size(),
                                            " tensors, the model has ",
                                            model.trainable().size()));
  }
  for (size_t i = 0; i < weights.size(); ++i) {
    const NamedTensor& to = model.trainable()[i];
    if (weights[i].name != to.name ||
        weights[i].tensor.sizes() != to.tensor.sizes()) {
      return absl::DataLossError(absl::StrCat(model_path, ": tensor ",
                                              weights[i].name,
                                              " is not the model's ", to.name));
    }
    // A detached alias: a leaf that requires a gradient refuses writes.
    to.tensor.detach().copy_(weights[i].tensor);
  }
  const std::string optimizer_path =
      absl::StrCat(checkpoint_folder, "/", kOptimizerFile);
  MDRL_ASSIGN_OR_RETURN(const NamedTensors state, ReadAll(optimizer_path));
  if (absl::Status loaded = optimizer.Load(state); !loaded.ok()) {
    return absl::DataLossError(
        absl::StrCat(optimizer_path, ": ", loaded.message()));
  }
  return absl::OkStatus();
}

TrainingFile ReferenceFile(const NamedTensors& weights) {
  const at::NoGradGuard no_grad;
  return {kReferenceFile, Serialize(weights)};
}

absl::StatusOr<NamedTensors> ReadReferenceFile(
    const std::string& checkpoint_folder) {
  return ReadAll(absl::StrCat(checkpoint_folder, "/", kReferenceFile));
}

}  // namespace mdrl
