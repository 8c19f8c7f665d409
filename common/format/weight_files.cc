#include "common/format/weight_files.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"

namespace mdrl {
namespace {

// No file that travels along is larger; a tokenizer takes 10 MB.
constexpr uint64_t kMaxCarriedBytes = 256u << 20;

// A name from an index becomes a path: only a plain file of the folder will do.
bool IsPlainName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

// Names under which weights are published, in the formats that there are.
bool IsWeightFile(const std::string& name) {
  for (const char* ending :
       {".safetensors", ".safetensors.index.json", ".bin", ".bin.index.json",
        ".pt", ".pth", ".ckpt", ".gguf", ".h5", ".msgpack", ".onnx"}) {
    if (absl::EndsWith(name, ending)) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::vector<Shard>> PlanShards(
    std::span<const TensorDescription> tensors, uint64_t max_bytes) {
  std::vector<Shard> shards(1);
  uint64_t filled = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    MDRL_ASSIGN_OR_RETURN(const uint64_t bytes, BytesOf(tensors[i]));
    if (!shards.back().tensors.empty() &&
        (filled > max_bytes || bytes > max_bytes - filled)) {
      shards.emplace_back();
      filled = 0;
    }
    shards.back().tensors.push_back(i);
    filled += bytes;
  }
  for (size_t i = 0; i < shards.size(); ++i) {
    shards[i].file = shards.size() == 1
                         ? kSingleWeightFile
                         : absl::StrFormat("model-%05d-of-%05d.safetensors",
                                           i + 1, shards.size());
  }
  return shards;
}

std::string WeightIndexJson(std::span<const TensorDescription> tensors,
                            std::span<const Shard> shards) {
  uint64_t total = 0;
  nlohmann::json map = nlohmann::json::object();
  for (const Shard& shard : shards) {
    for (const size_t i : shard.tensors) {
      map[tensors[i].name] = shard.file;
      total += *BytesOf(tensors[i]);
    }
  }
  const nlohmann::json index = {{"metadata", {{"total_size", total}}},
                                {"weight_map", std::move(map)}};
  return index.dump(2) + "\n";
}

absl::Status WriteWeightFiles(const std::filesystem::path& folder,
                              std::span<const TensorToWrite> tensors,
                              uint64_t max_bytes) {
  std::vector<TensorDescription> described;
  for (const TensorToWrite& tensor : tensors) {
    described.push_back({tensor.name, tensor.dtype, tensor.shape});
  }
  MDRL_ASSIGN_OR_RETURN(const std::vector<Shard> shards,
                        PlanShards(described, max_bytes));
  for (const Shard& shard : shards) {
    std::vector<TensorToWrite> here;
    for (const size_t i : shard.tensors) here.push_back(tensors[i]);
    MDRL_RETURN_IF_ERROR(
        WriteSafetensors(folder / shard.file, here, {{"format", "pt"}}));
  }
  if (shards.size() == 1) return absl::OkStatus();
  return WriteFileAtomically(folder / kWeightIndexFile,
                             WeightIndexJson(described, shards));
}

absl::StatusOr<std::map<std::string, std::string>> ParseWeightIndex(
    std::string_view text, std::string_view where) {
  const auto index = nlohmann::json::parse(text, nullptr, false);
  const auto bad = [where](const std::string& why) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(where), ": ", why));
  };
  if (!index.is_object()) return bad("not a JSON object");
  const auto map = index.find("weight_map");
  if (map == index.end() || !map->is_object()) {
    return bad("weight_map must be an object from tensor to file");
  }
  std::map<std::string, std::string> out;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string() || !IsPlainName(file.get<std::string>())) {
      return bad(absl::StrCat("weight_map of ", tensor,
                              " must name a file of this folder"));
    }
    out[tensor] = file.get<std::string>();
  }
  return out;
}

absl::StatusOr<std::vector<std::string>> CarriedFiles(
    const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::string> out;
  for (std::filesystem::directory_iterator at(folder, error), end;
       !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    // Model hubs keep files as links into a store: what they lead to counts.
    if (!at->is_regular_file(error) || name.front() == '.' ||
        name == "MANIFEST.json" || IsWeightFile(name)) {
      continue;
    }
    out.push_back(name);
  }
  if (error) {
    return absl::NotFoundError(absl::StrCat(
        folder.string(), ": cannot list the folder: ", error.message()));
  }
  std::sort(out.begin(), out.end());
  return out;
}

absl::Status CarryFiles(const std::filesystem::path& from,
                        const std::filesystem::path& to) {
  MDRL_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                        CarriedFiles(from));
  for (const std::string& name : names) {
    MDRL_ASSIGN_OR_RETURN(const std::string bytes,
                          ReadFile(from / name, kMaxCarriedBytes));
    MDRL_RETURN_IF_ERROR(WriteFileAtomically(to / name, bytes));
  }
  return absl::OkStatus();
}

}  // namespace mdrl
