// `mdrlctl status`: where a run is and what it waits for.
#ifndef MDRL_CLIENT_COMMAND_STATUS_H_
#define MDRL_CLIENT_COMMAND_STATUS_H_

#include <string>

#include "absl/status/status.h"
#include "client/command/session.h"

namespace mdrl {

struct StatusOptions {
  bool workers = false;
  bool sets = false;
};

absl::Status RunStatus(const Session& session, const StatusOptions& options);

// A few lines, each ending in a newline.
std::string StatusText(const v1::Status& status);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_STATUS_H_
