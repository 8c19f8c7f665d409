// A law by its name in the run configuration. The only place that lists them.
#ifndef MDRL_SERVICES_LEARNER_CORRUPTION_REGISTRY_H_
#define MDRL_SERVICES_LEARNER_CORRUPTION_REGISTRY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/learner/corruption/block_choice.h"
#include "services/learner/corruption/canvas.h"
#include "services/learner/corruption/corruption_law.h"

namespace mdrl {

struct CorruptionSettings {
  std::string kind = "block_random";
  int samples = 2;  // K
  int32_t mask_id = 0;
  int block_tokens = 32;  // B of the decoder
  MaskRatio ratio = {};
  double mask_prompt = 0.15;  // probability per clean token
  BlockChoice choice = BlockChoice::kWithoutReplacement;
};

// InvalidArgument: an unknown kind (the message lists those there are), or a
// number outside its range.
absl::StatusOr<std::unique_ptr<CorruptionLaw>> MakeCorruptionLaw(
    const CorruptionSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CORRUPTION_REGISTRY_H_
