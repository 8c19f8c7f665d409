// `mdrlctl pause` and `mdrlctl resume`: stop giving out work, and go on.
#ifndef MDRL_CLIENT_COMMAND_PAUSE_H_
#define MDRL_CLIENT_COMMAND_PAUSE_H_

#include <string>

#include "absl/status/status.h"
#include "client/command/session.h"

namespace mdrl {

struct PauseOptions {
  std::string why = {};  // remembered in the ledger
};

// Both print the run's status afterwards, and both may be repeated.
absl::Status RunPause(const Session& session, const PauseOptions& options);
absl::Status RunResume(const Session& session, const PauseOptions& options);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_PAUSE_H_
