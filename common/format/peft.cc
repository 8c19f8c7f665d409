#include "common/format/peft.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/regex.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"

namespace mdrl {
namespace {

constexpr char kConfigFile[] = "adapter_config.json";
constexpr char kTensorFile[] = "adapter_model.safetensors";
constexpr char kAllLinear[] = "all-linear";

// PEFT wraps the model twice: its own object and the LoRA model.
constexpr char kPrefix[] = "base_model.model.";

std::string ShapeText(std::span<const uint64_t> shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ","), "]");
}

// The weights may be in any of these: they are widened where they are used.
bool IsFloat(const std::string& dtype) {
  return dtype == "F32" || dtype == "BF16" || dtype == "F16";
}

// PEFT matches a pattern's key against the end of a module's name.
template <typename T>
absl::StatusOr<std::optional<T>> FromPattern(
    const std::vector<std::pair<std::string, T>>& pattern,
    const std::string& module) {
  for (const auto& [key, value] : pattern) {
    MDRL_ASSIGN_OR_RETURN(const Regex regex, Regex::Compile(absl::StrCat(
                                                 "(?:.*\\.)?(?:", key, ")")));
    MDRL_ASSIGN_OR_RETURN(const bool matches, regex.FullMatch(module));
    if (matches) return value;
  }
  return std::nullopt;
}

// Collects everything wrong, for one message.
class Complaints {
 public:
  void Add(std::string text) { all_.push_back(std::move(text)); }
  absl::Status status(const std::string& file) const {
    if (all_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": the adapter does not fit this base model:\n  ",
                     absl::StrJoin(all_, "\n  ")));
  }

 private:
  std::vector<std::string> all_;
};

}  // namespace

std::string LoraAName(const LinearMap& linear) {
  return absl::StrCat(kPrefix, linear.module, ".lora_A.weight");
}
std::string LoraBName(const LinearMap& linear) {
  return absl::StrCat(kPrefix, linear.module, ".lora_B.weight");
}

absl::StatusOr<LoraScale> LoraScaleOf(const LoraSettings& settings,
                                      const LinearMap& linear) {
  // Patterns see the names without PEFT's prefix.
  MDRL_ASSIGN_OR_RETURN(const std::optional<int64_t> rank,
                        FromPattern(settings.rank_pattern, linear.module));
  MDRL_ASSIGN_OR_RETURN(const std::optional<double> alpha,
                        FromPattern(settings.alpha_pattern, linear.module));
  LoraScale out;
  out.rank = rank.value_or(settings.rank);
  const double r = static_cast<double>(out.rank);
  out.scale =
      alpha.value_or(settings.alpha) / (settings.rslora ? std::sqrt(r) : r);
  return out;
}

absl::StatusOr<std::vector<LinearMap>> ResolveLoraTargets(
    const LladaConfig& base, const LoraSettings& settings,
    bool ignore_unmatched) {
  if (settings.targets_are_regex) {
    const std::string& target = settings.targets.at(0);
    if (target != kAllLinear) return ResolveTargetRegex(base, target);
    return ResolveTargets(base, settings.targets);
  }
  return ResolveTargetNames(
      base, settings.targets,
      {.ignore_unmatched = ignore_unmatched, .head_by_suffix = true});
}

absl::StatusOr<std::unique_ptr<LoraAdapterFile>> LoraAdapterFile::Open(
    const std::filesystem::path& folder, const LladaConfig& base,
    bool ignore_unmatched_targets) {
  std::unique_ptr<LoraAdapterFile> out(new LoraAdapterFile);
  const std::filesystem::path config = folder / kConfigFile;
  MDRL_ASSIGN_OR_RETURN(const std::string text, ReadFile(config, 16u << 20));
  MDRL_ASSIGN_OR_RETURN(out->settings_,
                        ParseLoraSettings(text, config.string()));
  MDRL_ASSIGN_OR_RETURN(out->file_,
                        SafetensorsFile::Open(folder / kTensorFile));
  MDRL_RETURN_IF_ERROR(out->ReadParts(base, ignore_unmatched_targets));
  return out;
}

absl::Status LoraAdapterFile::ReadParts(const LladaConfig& base,
                                        bool ignore_unmatched) {
  absl::StatusOr<std::vector<LinearMap>> targets =
      ResolveLoraTargets(base, settings_, ignore_unmatched);
  if (!targets.ok()) {
    return WithContext(targets.status(),
                       (file_->path().parent_path() / kConfigFile).string());
  }
  Complaints complaints;
  std::set<std::string> expected;
  for (const LinearMap& linear : *targets) {
    MDRL_ASSIGN_OR_RETURN(const LoraScale scale,
                          LoraScaleOf(settings_, linear));
    const auto take = [&](const std::string& name, uint64_t rows,
                          uint64_t columns) -> TensorView {
      expected.insert(name);
      const std::vector<uint64_t> shape = {rows, columns};
      absl::StatusOr<TensorView> view = file_->Find(name);
      if (!view.ok()) {
        complaints.Add(
            absl::StrCat(name, " is missing; expected ", ShapeText(shape)));
        return {};
      }
      if (view->shape != shape) {
        complaints.Add(absl::StrCat(name, " has shape ", ShapeText(view->shape),
                                    "; expected ", ShapeText(shape)));
      } else if (!IsFloat(view->dtype)) {
        complaints.Add(absl::StrCat(name, " is ", view->dtype,
                                    "; expected F32, BF16 or F16"));
      }
      return *std::move(view);
    };
    const auto rank = static_cast<uint64_t>(scale.rank);
    Part part{linear, scale.rank, scale.scale, {}, {}};
    part.a = take(LoraAName(linear), rank, linear.in);
    part.b = take(LoraBName(linear), linear.out, rank);
    parts_.push_back(std::move(part));
  }
  for (const std::string& name : file_->names()) {
    if (!expected.contains(name)) {
      complaints.Add(absl::StrCat(
          name, " belongs to no linear map that the settings adapt"));
    }
  }
  return complaints.status(file_->path().string());
}

absl::StatusOr<std::string> SerializeLora(
    std::span<const LoraPartToWrite> parts) {
  std::vector<TensorToWrite> tensors;
  for (const LoraPartToWrite& part : parts) {
    const auto rank = static_cast<uint64_t>(part.rank);
    const auto in = static_cast<uint64_t>(part.linear.in);
    const auto rows = static_cast<uint64_t>(part.linear.out);
    tensors.push_back({LoraAName(part.linear), part.dtype, {rank, in}, part.a});
    tensors.push_back(
        {LoraBName(part.linear), part.dtype, {rows, rank}, part.b});
  }
  return SerializeSafetensors(tensors, {{"format", "pt"}});
}

absl::Status WriteLoraAdapter(const std::filesystem::path& folder,
                              const LoraSettings& settings,
                              std::span<const LoraPartToWrite> parts) {
  MDRL_ASSIGN_OR_RETURN(const std::string bytes, SerializeLora(parts));
  MDRL_RETURN_IF_ERROR(WriteFileAtomically(folder / kTensorFile, bytes));
  return WriteFileAtomically(folder / kConfigFile, LoraConfigJson(settings));
}

}  // namespace mdrl
