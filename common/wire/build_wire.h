// Build <-> mdrl.v1.Build. Pure functions; errors as in fields.h.
#ifndef MDRL_COMMON_WIRE_BUILD_WIRE_H_
#define MDRL_COMMON_WIRE_BUILD_WIRE_H_

#include "absl/status/statusor.h"
#include "common/record/group.h"
#include "mdrl/v1/types.pb.h"

namespace mdrl {

v1::Build ToProto(const Build& build);
absl::StatusOr<Build> FromProto(const v1::Build& wire);

}  // namespace mdrl

#endif  // MDRL_COMMON_WIRE_BUILD_WIRE_H_
