// The process that makes a process for every run. It is started before any gRPC
// object exists, because a process with gRPC's threads must not fork; it is
// this same program, called with a word of its own:
//
//   mdrl-reward run-launcher PARENT_PID        (its socket is descriptor 3)
//
// Each message on the socket is a RunOrder with four descriptors: where the
// RunReply goes, the program, the judge's job, the seccomp filter.
#ifndef MDRL_SERVICES_REWARD_SANDBOX_LAUNCHER_H_
#define MDRL_SERVICES_REWARD_SANDBOX_LAUNCHER_H_

#include <sys/types.h>

#include "absl/status/statusor.h"

namespace mdrl {

inline constexpr char kRunLauncher[] = "run-launcher";

// What main does with that word, before anything else. The exit code.
int RunLauncher(int argc, char** argv);

struct LauncherProcess {
  pid_t id = -1;
  int socket = -1;
};
// Starts it from this program's own file. Unavailable: the system has no room.
absl::StatusOr<LauncherProcess> StartLauncher();

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_SANDBOX_LAUNCHER_H_
