#include "common/model/adapter_source.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/tensor/tensor_bytes.h"
#include "common/tensor/torch_status.h"

namespace mdrl {
namespace {

// The names whose map is there in every block, if that is all there is.
std::vector<std::string> NamesInEveryBlock(
    const ModelConfig& config, const std::vector<LinearMap>& linears) {
  std::map<std::string, int64_t> blocks;
  std::vector<std::string> names;
  for (const LinearMap& linear : linears) {
    if (linear.layer == kHeadLayer) return {};
    if (++blocks[linear.name] == 1) names.push_back(linear.name);
  }
  const bool everywhere = std::all_of(
      blocks.begin(), blocks.end(),
      [&config](const auto& of) { return of.second == config.n_layers; });
  return everywhere ? names : std::vector<std::string>();
}

}  // namespace

absl::StatusOr<LoraSettings> MakeLoraSettings(
    const ModelConfig& config, int64_t rank, double alpha,
    std::span<const std::string> targets, const TargetRules& rules) {
  MDRL_ASSIGN_OR_RETURN(const std::vector<LinearMap> linears,
                        ResolveTargets(config, targets, rules));
  LoraSettings settings;
  settings.rank = rank;
  settings.alpha = alpha;
  settings.targets = NamesInEveryBlock(config, linears);
  if (settings.targets.empty()) {
    for (const LinearMap& linear : linears) {
      settings.targets.push_back(linear.module);
    }
  } else if (std::count(settings.targets.begin(), settings.targets.end(),
                        "ff_out") > 0) {
    settings.targets = {absl::StrCat(R"(model\.transformer\.blocks\.\d+\.()",
                                     absl::StrJoin(settings.targets, "|"),
                                     ")")};
    settings.targets_are_regex = true;
  }
  return settings;
}

absl::StatusOr<std::vector<LoraTarget>> LoraTargetsOf(
    const ModelConfig& config, const LoraSettings& settings,
    bool ignore_unmatched) {
  MDRL_ASSIGN_OR_RETURN(std::vector<LinearMap> linears,
                        ResolveLoraTargets(config, settings, ignore_unmatched));
  std::vector<LoraTarget> targets;
  for (LinearMap& linear : linears) {
    MDRL_ASSIGN_OR_RETURN(const LoraScale of, LoraScaleOf(settings, linear));
    targets.push_back({std::move(linear), of.rank, of.scale});
  }
  return targets;
}

absl::StatusOr<LoadedAdapter> LoadAdapter(const std::filesystem::path& folder,
                                          const ModelConfig& base,
                                          bool ignore_unmatched,
                                          at::ScalarType type) {
  MDRL_ASSIGN_OR_RETURN(const auto file,
                        LoraAdapterFile::Open(folder, base, ignore_unmatched));
  std::vector<LoraTarget> targets;
  NamedTensors tensors;
  for (const LoraAdapterFile::Part& part : file->parts()) {
    targets.push_back({part.linear, part.rank, part.scale});
    for (const auto& [name, view] : {std::pair{LoraAName(part.linear), &part.a},
                                     {LoraBName(part.linear), &part.b}}) {
      MDRL_ASSIGN_OR_RETURN(
          at::Tensor tensor,
          TensorFromBytes(view->dtype, view->shape, view->bytes));
      tensors.push_back({name, std::move(tensor)});
    }
  }
  MDRL_ASSIGN_OR_RETURN(Adapter adapter, RunTorch([&] {
                          return Adapter::Create(std::move(targets), tensors,
                                                 type);
                        }));
  return LoadedAdapter{file->settings(), std::move(adapter)};
}

absl::StatusOr<Adapter> UnpackAdapter(const ModelConfig& base,
                                      std::string_view config_json,
                                      std::span<const TensorEntry> tensors,
                                      std::string_view bytes) {
  MDRL_ASSIGN_OR_RETURN(const LoraSettings settings,
                        ParseLoraSettings(config_json, "adapter_config_json"));
  MDRL_ASSIGN_OR_RETURN(std::vector<LoraTarget> targets,
                        LoraTargetsOf(base, settings));
  NamedTensors unpacked;
  for (const TensorEntry& entry : tensors) {
    if (entry.offset > bytes.size() ||
        entry.bytes > bytes.size() - entry.offset) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor ", entry.name, " lies outside the bytes"));
    }
    MDRL_ASSIGN_OR_RETURN(
        at::Tensor tensor,
        TensorFromBytes(entry.dtype, entry.shape,
                        bytes.substr(entry.offset, entry.bytes)));
    unpacked.push_back({entry.name, std::move(tensor)});
  }
  return RunTorch(
      [&] { return Adapter::Create(std::move(targets), unpacked); });
}

}  // namespace mdrl
