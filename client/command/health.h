// `mdrlctl health`: asks a process whether it is alive, or ready.
#ifndef MDRL_CLIENT_COMMAND_HEALTH_H_
#define MDRL_CLIENT_COMMAND_HEALTH_H_

#include <string>

#include "client/command/session.h"
#include "common/base/clock.h"

namespace mdrl {

struct HealthOptions {
  std::string target = {};   // empty: the learner
  std::string service = {};  // "" alive, "ready"
  bool watch = false;        // one line per change, until it cannot be asked
};

// The exit code is a probe's own (client/rpc/health_check.h), not that of the
// other commands.
int RunHealth(const Session& session, const HealthOptions& options,
              Clock& clock);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_HEALTH_H_
