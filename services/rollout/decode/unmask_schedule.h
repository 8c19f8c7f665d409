// How many positions each step of a block reveals (docs/algorithms.md).
// Pure, thread-safe.
#ifndef MDRL_SERVICES_ROLLOUT_DECODE_UNMASK_SCHEDULE_H_
#define MDRL_SERVICES_ROLLOUT_DECODE_UNMASK_SCHEDULE_H_

#include <cstdint>

namespace mdrl {

// max(1, S / blocks): the published code needs no divisibility.
// REQUIRES: blocks > 0.
constexpr uint32_t StepsPerBlock(uint32_t decode_steps, uint32_t blocks) {
  const uint32_t steps = decode_steps / blocks;
  return steps > 0 ? steps : 1;
}

// Of `masked` positions, those that step `step` of `steps` reveals:
// masked / steps, one more in the first masked mod steps. They sum to `masked`.
// REQUIRES: step < steps.
constexpr uint32_t RevealsAt(uint32_t masked, uint32_t steps, uint32_t step) {
  return masked / steps + (step < masked % steps ? 1 : 0);
}

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_DECODE_UNMASK_SCHEDULE_H_
