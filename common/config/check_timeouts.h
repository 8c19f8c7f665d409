// The lattice of time limits: which must be shorter than which
// (docs/protocol.md, "Health and time").
#ifndef MDRL_COMMON_CONFIG_CHECK_TIMEOUTS_H_
#define MDRL_COMMON_CONFIG_CHECK_TIMEOUTS_H_

#include <vector>

#include "mdrl/config/v1/run.pb.h"

namespace mdrl {

struct ConfigFinding;

// Adds a finding for each pair of limits in the wrong order. Pure.
void CheckTimeouts(const config::v1::Run& run,
                   std::vector<ConfigFinding>* findings);

}  // namespace mdrl

#endif  // MDRL_COMMON_CONFIG_CHECK_TIMEOUTS_H_
