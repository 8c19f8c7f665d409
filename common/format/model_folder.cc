#include "common/format/model_folder.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"

namespace mdrl {
namespace {

constexpr char kConfigFile[] = "config.json";
constexpr char kSingleFile[] = "model.safetensors";
constexpr char kIndexFile[] = "model.safetensors.index.json";

bool Exists(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

// A name from the index becomes a path: only a plain file of the folder will
// do.
bool IsPlainName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ModelFolder>> ModelFolder::Open(
    const std::filesystem::path& folder) {
  std::unique_ptr<ModelFolder> out(new ModelFolder(folder));
  MDRL_ASSIGN_OR_RETURN(out->config_, ReadLladaConfig(folder / kConfigFile));
  if (Exists(folder / kIndexFile)) {
    MDRL_RETURN_IF_ERROR(out->OpenShards());
  } else {
    MDRL_RETURN_IF_ERROR(out->OpenSingle());
  }
  MDRL_RETURN_IF_ERROR(out->CheckTensors());
  return out;
}

bool ModelFolder::HasWeights(const std::filesystem::path& folder) {
  return Exists(folder / kSingleFile) || Exists(folder / kIndexFile);
}

absl::Status ModelFolder::OpenSingle() {
  if (!Exists(path_ / kSingleFile)) {
    return absl::NotFoundError(absl::StrCat(path_.string(),
                                            ": the model folder has neither ",
                                            kSingleFile, " nor ", kIndexFile));
  }
  MDRL_ASSIGN_OR_RETURN(auto file, SafetensorsFile::Open(path_ / kSingleFile));
  for (const std::string& name : file->names()) where_[name] = file.get();
  files_.push_back(std::move(file));
  return absl::OkStatus();
}

absl::Status ModelFolder::OpenShards() {
  const std::filesystem::path index_path = path_ / kIndexFile;
  MDRL_ASSIGN_OR_RETURN(const std::string text, ReadFile(index_path));
  const auto index = nlohmann::json::parse(text, nullptr, false);
  const auto bad = [&index_path](const std::string& why) {
    return absl::InvalidArgumentError(
        absl::StrCat(index_path.string(), ": ", why));
  };
  if (!index.is_object()) return bad("not a JSON object");
  const auto map = index.find("weight_map");
  if (map == index.end() || !map->is_object()) {
    return bad("weight_map must be an object from tensor to file");
  }
  std::map<std::string, const SafetensorsFile*> open;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string() || !IsPlainName(file.get<std::string>())) {
      return bad(absl::StrCat("weight_map of ", tensor,
                              " must name a file of this folder"));
    }
    const SafetensorsFile*& shard = open[file.get<std::string>()];
    if (shard == nullptr) {
      MDRL_ASSIGN_OR_RETURN(
          auto opened, SafetensorsFile::Open(path_ / file.get<std::string>()));
      shard = opened.get();
      files_.push_back(std::move(opened));
    }
    if (!shard->Contains(tensor)) {
      return absl::NotFoundError(
          absl::StrCat(shard->path().string(), ": no tensor \"", tensor,
                       "\", which ", kIndexFile, " places there"));
    }
    where_[tensor] = shard;
  }
  return absl::OkStatus();
}

absl::Status ModelFolder::CheckTensors() const {
  for (const TensorSpec& spec : LladaTensors(config_)) {
    MDRL_ASSIGN_OR_RETURN(const TensorView view, Find(spec.name));
    if (view.shape != spec.shape) {
      return absl::InvalidArgumentError(absl::StrCat(
          path_.string(), ": tensor \"", spec.name, "\" has shape [",
          absl::StrJoin(view.shape, ","), "]; ", kConfigFile, " implies [",
          absl::StrJoin(spec.shape, ","), "]"));
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> ModelFolder::names() const {
  std::vector<std::string> out;
  for (const auto& [name, file] : where_) out.push_back(name);
  return out;
}

absl::StatusOr<TensorView> ModelFolder::Find(std::string_view tensor) const {
  const auto found = where_.find(tensor);
  if (found == where_.end()) {
    return absl::NotFoundError(absl::StrCat(path_.string(),
                                            ": the model lacks tensor \"",
                                            std::string(tensor), "\""));
  }
  return found->second->Find(tensor);
}

}  // namespace mdrl
