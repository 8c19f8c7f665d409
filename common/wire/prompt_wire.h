// Prompts <-> mdrl.v1.Prompt. Pure functions; errors as in fields.h.
#ifndef MDRL_COMMON_WIRE_PROMPT_WIRE_H_
#define MDRL_COMMON_WIRE_PROMPT_WIRE_H_

#include "absl/status/statusor.h"
#include "common/record/prompt.h"
#include "mdrl/v1/types.pb.h"

namespace mdrl {

v1::Turn ToProto(const Turn& turn);
absl::StatusOr<Turn> FromProto(const v1::Turn& wire);

// A zero set_sha256 (not submitted yet) travels as no bytes.
v1::Prompt ToProto(const Prompt& prompt);
absl::StatusOr<Prompt> FromProto(const v1::Prompt& wire);

}  // namespace mdrl

#endif  // MDRL_COMMON_WIRE_PROMPT_WIRE_H_
