#include "services/learner/algorithm/own.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace mdrl {

absl::StatusOr<CorruptionSettings> Resolve(const AlgorithmSettings& settings,
                                           const OwnCorruption& own) {
  const AlgorithmSettings::Corruption& from = settings.corruption;
  CorruptionSettings to;
  to.kind = from.kind.empty() ? std::string(*own.kinds.begin()) : from.kind;
  if (std::find(own.kinds.begin(), own.kinds.end(), to.kind) ==
      own.kinds.end()) {
    std::string allowed;
    for (const std::string_view kind : own.kinds) {
      absl::StrAppend(&allowed, allowed.empty() ? "" : ", ", std::string(kind));
    }
    return absl::InvalidArgumentError(
        absl::StrCat("algorithm.corruption.kind \"", to.kind, "\" is not for ",
                     settings.name, "; it takes ", allowed));
  }
  // Copies of a canvas masked all over would be equal.
  const int own_samples = to.kind == "all" ? 1 : own.samples;
  to.samples = from.samples == 0 ? own_samples : from.samples;
  to.mask_prompt = from.mask_prompt.value_or(own.mask_prompt);
  to.mask_id = from.mask_id;
  to.eos_id = from.eos_id;
  to.block_tokens = from.block_tokens;
  to.ratio = from.ratio;
  to.choice = from.choice;
  to.score_block_only = from.score_block_only;
  return to;
}

LawOr LawOf(const AlgorithmSettings& settings, const OwnCorruption& own) {
  MDRL_ASSIGN_OR_RETURN(const CorruptionSettings resolved,
                        Resolve(settings, own));
  return MakeCorruptionLaw(resolved);
}

absl::StatusOr<AdvantageFn> AdvantageOf(const AlgorithmSettings& settings,
                                        std::string_view own) {
  return AdvantageByName(
      settings.advantage.empty() ? own : std::string_view(settings.advantage));
}

absl::Status RequireNotNegative(double value, std::string_view key) {
  if (value >= 0.0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(key), " must not be negative"));
}

absl::Status RequireAbove0(double value, std::string_view key) {
  if (value > 0.0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(key), " must be above 0"));
}

}  // namespace mdrl
