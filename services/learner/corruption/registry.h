// A law by its name in the run configuration. The only place that lists them.
#ifndef MDRL_SERVICES_LEARNER_CORRUPTION_REGISTRY_H_
#define MDRL_SERVICES_LEARNER_CORRUPTION_REGISTRY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "services/learner/corruption/block_choice.h"
#include "services/learner/corruption/canvas.h"
#include "services/learner/corruption/corruption_law.h"
#include "services/learner/corruption/random.h"

namespace mdrl {

// What several kinds share, then what one kind alone reads.
struct CorruptionSettings {
  std::string kind = "block_random";
  int samples = 2;  // K; pairs of samples for `coupled`
  int32_t mask_id = 0;
  int32_t eos_id = 0;
  int block_tokens = 32;  // B of the decoder
  MaskRatio ratio = {};
  double mask_prompt = 0.15;  // probability per clean token
  BlockChoice choice = BlockChoice::kWithoutReplacement;  // block_*
  bool score_block_only = false;                          // block_random
  CountLaw count = CountLaw::kUniform;                    // random
  bool active_only = true;                                // suffix_block
  int merge = 8;                                          // decode_states
  std::optional<int> eos_scored = 1;                      // decode_states
};

// InvalidArgument: an unknown kind (the message lists those there are), or a
// number outside its range.
absl::StatusOr<std::unique_ptr<CorruptionLaw>> MakeCorruptionLaw(
    const CorruptionSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CORRUPTION_REGISTRY_H_
