// Whether a person's decode settings can be decoded at all.
#ifndef MDRL_SERVICES_LEARNER_DESK_CHECK_DECODE_H_
#define MDRL_SERVICES_LEARNER_DESK_CHECK_DECODE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "common/record/lease.h"

namespace mdrl {

// InvalidArgument: the block does not divide the canvas, there are fewer steps
// than blocks, or the canvas fills the model's `context` positions (0: not
// known).
absl::Status CheckDecode(const DecodeSettings& decode, uint32_t context);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DESK_CHECK_DECODE_H_
