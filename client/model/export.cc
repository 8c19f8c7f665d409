#include "client/model/export.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/model/describe.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"
#include "common/format/model_folder.h"
#include "common/format/peft.h"
#include "common/format/weight_files.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;

constexpr char kAdapterConfig[] = "adapter_config.json";
constexpr char kAdapterWeights[] = "adapter_model.safetensors";

// The weight files of `from`, after reading what they say.
absl::StatusOr<std::vector<std::string>> CheckedWeightFiles(
    const fs::path& from) {
  std::error_code error;
  if (fs::exists(from / kAdapterConfig, error)) {
    const fs::path config = from / kAdapterConfig;
    MDRL_ASSIGN_OR_RETURN(const std::string text, ReadFile(config));
    MDRL_RETURN_IF_ERROR(ParseLoraSettings(text, config.string()).status());
    MDRL_RETURN_IF_ERROR(
        SafetensorsFile::Open(from / kAdapterWeights).status());
    return std::vector<std::string>{kAdapterWeights};
  }
  MDRL_RETURN_IF_ERROR(DescribeModel(from).status());
  MDRL_ASSIGN_OR_RETURN(const std::unique_ptr<ModelFolder> model,
                        ModelFolder::Open(from));
  std::vector<std::string> out;
  for (const auto& file : model->files()) {
    out.push_back(file->path().filename().string());
  }
  if (fs::exists(from / kWeightIndexFile, error)) {
    out.emplace_back(kWeightIndexFile);
  }
  return out;
}

// A stretch at a time: a shard takes gigabytes.
absl::StatusOr<uint64_t> CopyFile(const fs::path& from, const fs::path& to) {
  std::ifstream in(from, std::ios::binary);
  if (!in) {
    return absl::NotFoundError(absl::StrCat(from.string(), ": cannot open"));
  }
  MDRL_ASSIGN_OR_RETURN(const std::unique_ptr<AtomicFile> out,
                        AtomicFile::Create(to));
  std::string stretch(8 << 20, '\0');
  uint64_t bytes = 0;
  while (in) {
    in.read(stretch.data(), static_cast<std::streamsize>(stretch.size()));
    const auto got = static_cast<size_t>(in.gcount());
    MDRL_RETURN_IF_ERROR(out->Append(std::string_view(stretch).substr(0, got)));
    bytes += got;
  }
  if (in.bad()) {
    return absl::DataLossError(absl::StrCat(from.string(), ": cannot read"));
  }
  MDRL_RETURN_IF_ERROR(out->Commit());
  return bytes;
}

absl::StatusOr<ExportedFolder> CopyAll(const fs::path& from,
                                       const fs::path& to) {
  ExportedFolder out;
  MDRL_ASSIGN_OR_RETURN(out.files, CheckedWeightFiles(from));
  MDRL_ASSIGN_OR_RETURN(const std::vector<std::string> carried,
                        CarriedFiles(from));
  out.files.insert(out.files.end(), carried.begin(), carried.end());
  std::sort(out.files.begin(), out.files.end());
  std::error_code error;
  if (!fs::create_directories(to, error) && error) {
    return absl::InternalError(absl::StrCat(
        to.string(), ": cannot create the folder: ", error.message()));
  }
  for (const std::string& name : out.files) {
    MDRL_ASSIGN_OR_RETURN(const uint64_t bytes,
                          CopyFile(from / name, to / name));
    out.bytes += bytes;
  }
  return out;
}

}  // namespace

absl::StatusOr<ExportedFolder> ExportModel(const fs::path& from,
                                           const fs::path& to) {
  std::error_code error;
  if (fs::exists(to, error)) {
    return absl::AlreadyExistsError(absl::StrCat(
        to.string(), ": already exists; name a folder that does not"));
  }
  // "runs/out/" names the folder "runs/out".
  const fs::path target = to.has_filename() ? to : to.parent_path();
  const fs::path pending = absl::StrCat(target.string(), ".tmp.", getpid());
  absl::StatusOr<ExportedFolder> out = CopyAll(from, pending);
  if (out.ok()) {
    fs::rename(pending, target, error);
    if (error) {
      out = absl::InternalError(absl::StrCat(
          target.string(), ": cannot rename into place: ", error.message()));
    }
  }
  if (!out.ok()) fs::remove_all(pending, error);
  return out;
}

}  // namespace mdrl
