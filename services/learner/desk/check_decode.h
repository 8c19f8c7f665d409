// Whether a person's decode settings can be decoded at all.
#ifndef MDRL_SERVICES_LEARNER_DESK_CHECK_DECODE_H_
#define MDRL_SERVICES_LEARNER_DESK_CHECK_DECODE_H_

#include "absl/status/status.h"
#include "common/record/lease.h"

namespace mdrl {

// InvalidArgument: the block does not divide the canvas, or there are fewer
// steps than blocks.
absl::Status CheckDecode(const DecodeSettings& decode);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DESK_CHECK_DECODE_H_
