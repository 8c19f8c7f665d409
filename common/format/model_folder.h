// A checkpoint folder as Hugging Face tools leave it: config.json and
// model.safetensors, or model.safetensors.index.json with its shards.
//
// Immutable after Open(): readable from any thread. Weights stay memory-mapped.
#ifndef MDRL_COMMON_FORMAT_MODEL_FOLDER_H_
#define MDRL_COMMON_FORMAT_MODEL_FOLDER_H_

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/format/hf_config.h"
#include "common/format/safetensors.h"

namespace mdrl {

class ModelFolder {
 public:
  // Reads the configuration and the headers of all weight files, and checks
  // that the tensors are those of the architecture. InvalidArgument lists all
  // that are missing, extra, or of another shape or dtype than expected, or
  // names what is malformed. NotFound lists the lacking files.
  static absl::StatusOr<std::unique_ptr<ModelFolder>> Open(
      const std::filesystem::path& folder);

  // Whether `folder` has weights at all: a folder with config.json and
  // tokenizer.json alone describes a model to be initialised.
  static bool HasWeights(const std::filesystem::path& folder);

  const LladaConfig& config() const { return config_; }
  const std::filesystem::path& path() const { return path_; }
  // The weight files, in the order of their names.
  const std::vector<std::unique_ptr<SafetensorsFile>>& files() const {
    return files_;
  }
  // Names of all tensors in the files, sorted.
  std::vector<std::string> names() const;
  // NotFound names the folder and the tensor.
  absl::StatusOr<TensorView> Find(std::string_view tensor) const;

 private:
  explicit ModelFolder(std::filesystem::path path) : path_(std::move(path)) {}
  absl::Status OpenSingle();
  absl::Status OpenShards();
  absl::Status CheckTensors() const;

  const std::filesystem::path path_;
  LladaConfig config_;
  std::vector<std::unique_ptr<SafetensorsFile>> files_;
  std::map<std::string, const SafetensorsFile*, std::less<>> where_;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_FORMAT_MODEL_FOLDER_H_
