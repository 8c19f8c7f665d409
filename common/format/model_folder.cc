#include "common/format/model_folder.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"
#include "common/format/weight_files.h"

namespace mdrl {
namespace {

// Stored dtypes that weights are read from.
bool IsSupported(const std::string& dtype) {
  return dtype == "F32" || dtype == "BF16" || dtype == "F16";
}

// More than these would hide the first ones.
constexpr size_t kMaxListed = 40;

bool Exists(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ModelFolder>> ModelFolder::Open(
    const std::filesystem::path& folder) {
  std::unique_ptr<ModelFolder> out(new ModelFolder(folder));
  MDRL_ASSIGN_OR_RETURN(out->config_, ReadLladaConfig(folder / kConfigFile));
  if (Exists(folder / kWeightIndexFile)) {
    MDRL_RETURN_IF_ERROR(out->OpenShards());
  } else {
    MDRL_RETURN_IF_ERROR(out->OpenSingle());
  }
  MDRL_RETURN_IF_ERROR(out->CheckTensors());
  return out;
}

bool ModelFolder::HasWeights(const std::filesystem::path& folder) {
  return Exists(folder / kSingleWeightFile) ||
         Exists(folder / kWeightIndexFile);
}

absl::Status ModelFolder::OpenSingle() {
  if (!Exists(path_ / kSingleWeightFile)) {
    return absl::NotFoundError(
        absl::StrCat(path_.string(), ": the model folder has neither ",
                     kSingleWeightFile, " nor ", kWeightIndexFile));
  }
  MDRL_ASSIGN_OR_RETURN(auto file,
                        SafetensorsFile::Open(path_ / kSingleWeightFile));
  for (const std::string& name : file->names()) where_[name] = file.get();
  files_.push_back(std::move(file));
  return absl::OkStatus();
}

absl::Status ModelFolder::OpenShards() {
  const std::filesystem::path index_path = path_ / kWeightIndexFile;
  MDRL_ASSIGN_OR_RETURN(const std::string text, ReadFile(index_path));
  MDRL_ASSIGN_OR_RETURN(const auto map,
                        ParseWeightIndex(text, index_path.string()));
  std::map<std::string, const SafetensorsFile*> open;
  for (const auto& [tensor, file] : map) open[file] = nullptr;
  std::vector<std::string> missing;
  for (const auto& [file, shard] : open) {
    if (!Exists(path_ / file)) missing.push_back(file);
  }
  if (!missing.empty()) {
    return absl::NotFoundError(absl::StrCat(
        index_path.string(),
        ": names files that are not there: ", absl::StrJoin(missing, ", ")));
  }
  for (auto& [file, shard] : open) {
    MDRL_ASSIGN_OR_RETURN(auto opened, SafetensorsFile::Open(path_ / file));
    shard = opened.get();
    files_.push_back(std::move(opened));
  }
  for (const auto& [tensor, file] : map) {
    if (!open[file]->Contains(tensor)) {
      return absl::NotFoundError(
          absl::StrCat(open[file]->path().string(), ": no tensor \"", tensor,
                       "\", which ", kWeightIndexFile, " places there"));
    }
    where_[tensor] = open[file];
  }
  // What a shard holds beyond the index would be read by nobody.
  for (const auto& [file, shard] : open) {
    for (const std::string& name : shard->names()) {
      const auto found = map.find(name);
      if (found != map.end() && found->second == file) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          shard->path().string(), ": holds tensor \"", name, "\", which ",
          kWeightIndexFile, " does not place there"));
    }
  }
  return absl::OkStatus();
}

absl::Status ModelFolder::CheckTensors() const {
  std::vector<std::string> wrong;
  std::set<std::string> expected;
  for (const TensorSpec& spec : LladaTensors(config_)) {
    expected.insert(spec.name);
    const std::string shape =
        absl::StrCat("[", absl::StrJoin(spec.shape, ","), "]");
    const absl::StatusOr<TensorView> view = Find(spec.name);
    if (!view.ok()) {
      wrong.push_back(absl::StrCat(spec.name, " is missing; expected ", shape));
    } else if (view->shape != spec.shape) {
      wrong.push_back(absl::StrCat(spec.name, " has shape [",
                                   absl::StrJoin(view->shape, ","),
                                   "]; expected ", shape));
    } else if (!IsSupported(view->dtype)) {
      wrong.push_back(absl::StrCat(spec.name, " is stored as ", view->dtype,
                                   "; expected F32, BF16 or F16"));
    }
  }
  for (const auto& [name, file] : where_) {
    if (!expected.contains(name)) {
      wrong.push_back(absl::StrCat(name, " is not of this architecture"));
    }
  }
  if (wrong.empty()) return absl::OkStatus();
  const size_t count = wrong.size();
  if (count > kMaxListed) {
    wrong.resize(kMaxListed);
    wrong.push_back(absl::StrCat("and ", count - kMaxListed, " more"));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      path_.string(), ": ", count, count == 1 ? " tensor is" : " tensors are",
      " not what ", kConfigFile, " describes:\n  ",
      absl::StrJoin(wrong, "\n  ")));
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
