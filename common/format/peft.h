// Adapter folders as PEFT leaves them: adapter_config.json and
// adapter_model.safetensors. Read into plain values, written so that
// PeftModel.from_pretrained(base, folder) opens them.
//
// A linear map y = x W^T with an adapter is y = x W^T + scale (x A^T) B^T, with
// A [rank, in], B [out, rank] and scale = alpha / rank, or alpha / sqrt(rank)
// with rsLoRA (arXiv 2106.09685 eq. 3; 2312.03732 eq. 5).
//
// Values and immutable objects; readable from any thread.
#ifndef MDRL_COMMON_FORMAT_PEFT_H_
#define MDRL_COMMON_FORMAT_PEFT_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/format/hf_config.h"
#include "common/format/lora_targets.h"
#include "common/format/safetensors.h"

namespace mdrl {

// What adapter_config.json says that changes a number.
struct LoraSettings {
  int64_t rank = 0;
  double alpha = 0;
  bool rslora = false;
  double dropout = 0;
  // Ranks and alphas of modules whose name's end matches the expression, in
  // the file's order: the first that matches counts.
  std::vector<std::pair<std::string, int64_t>> rank_pattern;
  std::vector<std::pair<std::string, double>> alpha_pattern;
  // Names; or, with `targets_are_regex`, one regular expression or
  // "all-linear".
  std::vector<std::string> targets;
  bool targets_are_regex = false;
  std::string base_model;  // base_model_name_or_path; empty: not said
  // The file as it was read, unknown keys and all; empty: not from a file.
  // Writing keeps its other keys.
  std::string source_text;
};

// InvalidArgument names the key: malformed, or one that asks for a kind of
// adapter that is not supported (DoRA, biases, modules_to_save, ...). Keys that
// are not known are kept and passed over. `where` (a file name) stands in front
// of every message.
absl::StatusOr<LoraSettings> ParseLoraSettings(std::string_view json,
                                               std::string_view where);

// Rank and scale of one linear map.
struct LoraScale {
  int64_t rank = 0;
  double scale = 0;
};
absl::StatusOr<LoraScale> LoraScaleOf(const LoraSettings& settings,
                                      const LinearMap& linear);

// The linear maps that the settings adapt, in forward order, with PEFT's
// reading of names (the head by suffix too).
absl::StatusOr<std::vector<LinearMap>> ResolveLoraTargets(
    const LladaConfig& base, const LoraSettings& settings,
    bool ignore_unmatched);

// Names of the two tensors of a module in adapter_model.safetensors.
std::string LoraAName(const LinearMap& linear);
std::string LoraBName(const LinearMap& linear);

// An adapter folder, open. The tensors' bytes stay memory-mapped and valid as
// long as the object.
class LoraAdapterFile {
 public:
  struct Part {
    LinearMap linear;
    int64_t rank = 0;
    double scale = 0;
    TensorView a;  // [rank, in]
    TensorView b;  // [out, rank]
  };

  // Reads both files and checks every tensor against `base`.
  // InvalidArgument lists all tensors that are missing, not of this model or
  // of another shape (the adapter belongs to another base), or names the
  // setting that is wrong. NotFound: one of the files is not there.
  static absl::StatusOr<std::unique_ptr<LoraAdapterFile>> Open(
      const std::filesystem::path& folder, const LladaConfig& base,
      bool ignore_unmatched_targets = false);

  const LoraSettings& settings() const { return settings_; }
  const std::vector<Part>& parts() const { return parts_; }  // forward order

 private:
  LoraAdapterFile() = default;
  absl::Status ReadParts(const LladaConfig& base, bool ignore_unmatched);

  LoraSettings settings_;
  std::unique_ptr<SafetensorsFile> file_;
  std::vector<Part> parts_;
};

// adapter_config.json for `settings`: its source text with our values over it,
// or PEFT's keys for a causal language model.
std::string LoraConfigJson(const LoraSettings& settings);

// One adapted linear map to write. Bytes must outlive the call.
struct LoraPartToWrite {
  LinearMap linear;
  int64_t rank = 0;
  std::string dtype;   // "F32", "BF16" or "F16"
  std::string_view a;  // [rank, in], row-major
  std::string_view b;  // [out, rank]
};

// The bytes of adapter_model.safetensors.
absl::StatusOr<std::string> SerializeLora(
    std::span<const LoraPartToWrite> parts);

// Writes both files into `folder`, which must exist; each atomically, the
// configuration last. InvalidArgument: bytes that do not fill their shapes.
absl::Status WriteLoraAdapter(const std::filesystem::path& folder,
                              const LoraSettings& settings,
                              std::span<const LoraPartToWrite> parts);

}  // namespace mdrl

#endif  // MDRL_COMMON_FORMAT_PEFT_H_
