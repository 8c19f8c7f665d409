#include "client/model/verify.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/format/model_folder.h"
#include "common/format/weight_files.h"
#include "common/format/weight_scan.h"

namespace mdrl {
namespace {

// A multiple of every element's size; pages are let go after each.
constexpr size_t kStretch = 64 << 20;

uint64_t CountInStretches(const SafetensorsFile& file, const TensorView& view) {
  uint64_t count = 0;
  for (size_t at = 0; at < view.bytes.size(); at += kStretch) {
    count += CountNonFinite(view.dtype, view.bytes.substr(at, kStretch));
    if (view.bytes.size() > kStretch) file.DropPages();
  }
  return count;
}

}  // namespace

bool IsModelFolder(const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::exists(folder / kConfigFile, error) &&
         !std::filesystem::exists(folder / "MANIFEST.json", error) &&
         ModelFolder::HasWeights(folder);
}

absl::StatusOr<ModelDescription> VerifyModel(
    const std::filesystem::path& folder) {
  MDRL_ASSIGN_OR_RETURN(ModelDescription description, DescribeModel(folder));
  MDRL_ASSIGN_OR_RETURN(const std::unique_ptr<ModelFolder> model,
                        ModelFolder::Open(folder));
  std::vector<std::string> wrong;
  for (const auto& file : model->files()) {
    for (const std::string& name : file->names()) {
      MDRL_ASSIGN_OR_RETURN(const TensorView view, file->Find(name));
      const uint64_t count = CountInStretches(*file, view);
      if (count > 0) wrong.push_back(absl::StrCat(name, " (", count, ")"));
    }
    file->DropPages();
  }
  if (wrong.empty()) return description;
  return absl::DataLossError(absl::StrCat(
      folder.string(), ": weights that are infinite or no numbers, in ",
      absl::StrJoin(wrong, ", ")));
}

}  // namespace mdrl
