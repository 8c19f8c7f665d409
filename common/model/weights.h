// A model's weights: where they come from, what they look like as bytes, and
// whether they fit the architecture.
//
// Stateless, thread-safe. Tensors are on the CPU.
#ifndef MDRL_COMMON_MODEL_WEIGHTS_H_
#define MDRL_COMMON_MODEL_WEIGHTS_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/format/model_folder.h"
#include "common/model/model_config.h"
#include "common/record/snapshot.h"
#include "common/tensor/named_tensors.h"

namespace mdrl {

// All weights of `folder`, in `type` whatever they were stored in. A missing
// tensor, a wrong shape or a tensor that the architecture does not have is
// InvalidArgument naming folder and tensor.
absl::StatusOr<NamedTensors> LoadWeights(const ModelFolder& folder,
                                         at::ScalarType type = at::kFloat);

// Weights that are only read: float32 where `memory_bytes` hold the whole model
// so, else as they are stored. What need not be converted stays in the mapped
// file, which is open as long as one of the tensors lives: nobody may write
// them. Errors are those of LoadWeights().
absl::StatusOr<NamedTensors> LoadFrozenWeights(
    std::shared_ptr<const ModelFolder> folder, uint64_t memory_bytes);

// Random float32 weights: embedding N(0, 0.02), linear maps N(0, 1/sqrt(fan
// in)), attn_out and block ff_out additionally / sqrt(2 layers), norms 1.
// Philox stream 5, keyed by run seed and tensor name: number i of a tensor is
// a function of those three alone.
NamedTensors InitWeights(const ModelConfig& config, uint64_t run_seed);

// Weights as a snapshot carries them: in name order, one behind the other.
struct PackedWeights {
  std::vector<TensorEntry> tensors;
  std::string bytes;
};
PackedWeights PackWeights(const NamedTensors& weights);

// The inverse, for bytes from outside. InvalidArgument naming the tensor if one
// is missing, unknown, twice there, outside the bytes, of another shape than
// `config` implies, or not floating point. Dtypes are kept.
absl::StatusOr<NamedTensors> UnpackWeights(const ModelConfig& config,
                                           std::span<const TensorEntry> tensors,
                                           std::string_view bytes);

// XXH3-128 over the bytes of all tensors in name order: equal for equal
// weights.
ChunkHash ParamsHash(const NamedTensors& weights);

// Writes config.json and model.safetensors into `folder`, which must exist.
// FailedPrecondition if the configuration was not read from a file.
absl::Status WriteModelFolder(const std::filesystem::path& folder,
                              const ModelConfig& config,
                              const NamedTensors& weights);

}  // namespace mdrl

#endif  // MDRL_COMMON_MODEL_WEIGHTS_H_
