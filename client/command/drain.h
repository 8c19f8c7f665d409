// `mdrlctl drain`: lets a run, or one worker, finish what it has and end.
#ifndef MDRL_CLIENT_COMMAND_DRAIN_H_
#define MDRL_CLIENT_COMMAND_DRAIN_H_

#include <string>

#include "absl/status/status.h"
#include "client/command/session.h"

namespace mdrl {

struct DrainOptions {
  std::string worker;  // empty: the run
  bool checkpoint = false;
};

absl::Status RunDrain(const Session& session, const DrainOptions& options);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_DRAIN_H_
