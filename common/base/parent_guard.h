// Ends this process when the one that started it ends, however that happens.
//
//   mdrl-learner --parent 4711 ...
//   MDRL_RETURN_IF_ERROR(DieWithParent(4711));   // first thing in main
//
// REQUIRES: called once, from the main thread, before other threads exist.
#ifndef MDRL_COMMON_BASE_PARENT_GUARD_H_
#define MDRL_COMMON_BASE_PARENT_GUARD_H_

#include <sys/types.h>

#include "absl/status/status.h"

namespace mdrl {

// From now on the kernel sends SIGTERM, the orderly end, when the parent's
// main thread is gone. Aborted if the parent is not `parent` any more: it went
// before the request was in place, and nobody would ever send the signal.
absl::Status DieWithParent(pid_t parent);

}  // namespace mdrl

#endif  // MDRL_COMMON_BASE_PARENT_GUARD_H_
