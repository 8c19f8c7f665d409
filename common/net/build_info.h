// Which program this is.
#ifndef MDRL_COMMON_NET_BUILD_INFO_H_
#define MDRL_COMMON_NET_BUILD_INFO_H_

#include <cstdint>

#include "common/record/group.h"

namespace mdrl {

// What this program speaks of proto/mdrl/v1; peers outside [oldest supported,
// current] are refused.
inline constexpr uint32_t kProtoRevision = 1;
inline constexpr uint32_t kOldestProtoRevision = 1;

// Version of the project, `git describe` at configure time ("unknown" outside a
// checkout) and kProtoRevision. torch, cuda and features stay empty: who has
// them fills them in.
Build ThisBuild();

}  // namespace mdrl

#endif  // MDRL_COMMON_NET_BUILD_INFO_H_
