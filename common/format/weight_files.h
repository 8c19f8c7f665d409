// The weight files of a model folder: their names, how tensors are spread over
// them, and which other files belong to the model.
//
// Functions without state; safe from any thread as far as nobody writes the
// same folder.
#ifndef MDRL_COMMON_FORMAT_WEIGHT_FILES_H_
#define MDRL_COMMON_FORMAT_WEIGHT_FILES_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/format/safetensors.h"
#include "common/format/safetensors_writer.h"

namespace mdrl {

inline constexpr char kConfigFile[] = "config.json";
inline constexpr char kSingleWeightFile[] = "model.safetensors";
inline constexpr char kWeightIndexFile[] = "model.safetensors.index.json";

// What transformers splits at, by convention.
inline constexpr uint64_t kShardBytes = 5'000'000'000;

struct Shard {
  std::string file;             // "model-00001-of-00006.safetensors"
  std::vector<size_t> tensors;  // places in the list that was planned
};

// Spreads tensors over files of at most `max_bytes` in the order given, a
// larger one alone. One file is called model.safetensors.
absl::StatusOr<std::vector<Shard>> PlanShards(
    std::span<const TensorDescription> tensors,
    uint64_t max_bytes = kShardBytes);

// model.safetensors.index.json for these shards. REQUIRES: planned from
// `tensors`.
std::string WeightIndexJson(std::span<const TensorDescription> tensors,
                            std::span<const Shard> shards);

// Writes tensors into `folder`, which must exist: shards first, each
// atomically, then the index, where there are several. Bytes may be
// memory-mapped: nothing is copied.
absl::Status WriteWeightFiles(const std::filesystem::path& folder,
                              std::span<const TensorToWrite> tensors,
                              uint64_t max_bytes = kShardBytes);

// From tensor to file, of an index. InvalidArgument: not an index, or a file
// name that leaves the folder. `where` (a file name) is in front of messages.
absl::StatusOr<std::map<std::string, std::string>> ParseWeightIndex(
    std::string_view json, std::string_view where);

// Names of the files of `folder` that are no weights and belong to the model
// all the same: configuration, tokenizer, template, the model's own code,
// licence. What a written folder carries along byte for byte. Sorted. Left out:
// folders, hidden files, weights in any format, and what a checkpoint of ours
// adds (MANIFEST.json).
absl::StatusOr<std::vector<std::string>> CarriedFiles(
    const std::filesystem::path& folder);

// Copies CarriedFiles() of `from` into `to`, which must exist.
absl::Status CarryFiles(const std::filesystem::path& from,
                        const std::filesystem::path& to);

}  // namespace mdrl

#endif  // MDRL_COMMON_FORMAT_WEIGHT_FILES_H_
