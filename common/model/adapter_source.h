// Where an adapter comes from: a run's settings, a PEFT folder, or a snapshot.
//
// Stateless, thread-safe.
#ifndef MDRL_COMMON_MODEL_ADAPTER_SOURCE_H_
#define MDRL_COMMON_MODEL_ADAPTER_SOURCE_H_

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ATen/core/Tensor.h"
#include "absl/status/statusor.h"
#include "common/format/lora_targets.h"
#include "common/format/peft.h"
#include "common/model/lora.h"
#include "common/model/model_config.h"
#include "common/record/snapshot.h"

namespace mdrl {

// Settings that mean exactly the maps of `targets` (ResolveTargets()) to
// whoever reads them: a list of names where that is unmistakable; else, since
// PEFT's "ff_out" is the head too, an expression or the whole names.
absl::StatusOr<LoraSettings> MakeLoraSettings(
    const ModelConfig& config, int64_t rank, double alpha,
    std::span<const std::string> targets, const TargetRules& rules);

// The adapted maps with their ranks and scales, in forward order.
absl::StatusOr<std::vector<LoraTarget>> LoraTargetsOf(
    const ModelConfig& config, const LoraSettings& settings,
    bool ignore_unmatched = false);

// The adapter in `folder`, its settings beside it.
struct LoadedAdapter {
  LoraSettings settings;
  Adapter adapter;
};
absl::StatusOr<LoadedAdapter> LoadAdapter(const std::filesystem::path& folder,
                                          const ModelConfig& base,
                                          bool ignore_unmatched = false,
                                          at::ScalarType type = at::kFloat);

// The inverse of PackWeights(adapter.tensors()), for bytes from outside.
// `config_json` is the snapshot's adapter_config_json. InvalidArgument names
// what does not fit.
absl::StatusOr<Adapter> UnpackAdapter(const ModelConfig& base,
                                      std::string_view config_json,
                                      std::span<const TensorEntry> tensors,
                                      std::string_view bytes);

}  // namespace mdrl

#endif  // MDRL_COMMON_MODEL_ADAPTER_SOURCE_H_
