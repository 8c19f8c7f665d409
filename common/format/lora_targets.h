// The linear maps of the architecture by their true names, and which of them a
// list of adapter targets means.
//
// LLaDA's names differ from most models': `ff_proj` is the gate, a block's
// `ff_out` the down projection, and the head is called `ff_out` as well. Lists
// written for other models therefore match less than they say, so names that
// match nothing are an error, and the head is never matched by accident.
//
// Functions without state; safe from any thread.
#ifndef MDRL_COMMON_FORMAT_LORA_TARGETS_H_
#define MDRL_COMMON_FORMAT_LORA_TARGETS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/format/hf_config.h"

namespace mdrl {

inline constexpr int64_t kHeadLayer = -1;

// One linear map. Its weight is the tensor `module` + ".weight", [out, in].
struct LinearMap {
  std::string module;  // "model.transformer.blocks.0.q_proj"
  std::string name;    // its last part: "q_proj"
  int64_t layer = 0;   // the block, or kHeadLayer
  int64_t in = 0;
  int64_t out = 0;
  friend bool operator==(const LinearMap&, const LinearMap&) = default;
};

// The seven of each block (q_proj, k_proj, v_proj, attn_out, ff_proj, up_proj,
// ff_out) in forward order, then the head unless it is tied.
std::vector<LinearMap> LladaLinears(const LladaConfig& config);

struct TargetRules {
  // Names that match nothing are passed over (compat:
  // ignore_unmatched_targets); at least one must match all the same.
  bool ignore_unmatched = false;
  // PEFT's own reading of a list: "ff_out" then means the head too. For
  // adapters that PEFT wrote.
  bool head_by_suffix = false;
};

// Targets by name: `name` means every linear map whose module is `name` or ends
// in "." + `name`. Forward order, each once. InvalidArgument lists all names
// that match nothing, with the names that there are.
absl::StatusOr<std::vector<LinearMap>> ResolveTargetNames(
    const LladaConfig& config, std::span<const std::string> names,
    const TargetRules& rules);

// Targets by a regular expression that must describe a module's whole name
// ("model.transformer.blocks.3.q_proj"). The head is adapted if it does.
// InvalidArgument: a malformed expression, or one that matches nothing.
absl::StatusOr<std::vector<LinearMap>> ResolveTargetRegex(
    const LladaConfig& config, const std::string& regex);

// `lora.targets` of a run: "block" or "all-linear" (the seven of each block),
// "published" (the four that the published recipes reach: q_proj, k_proj,
// v_proj, up_proj), a list of names, or one regular expression: a single
// entry that holds anything but letters, digits, '_', '-' and '.'.
absl::StatusOr<std::vector<LinearMap>> ResolveTargets(
    const LladaConfig& config, std::span<const std::string> targets,
    const TargetRules& rules = {});

}  // namespace mdrl

#endif  // MDRL_COMMON_FORMAT_LORA_TARGETS_H_
