#include "common/base/parent_guard.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"

namespace mdrl {

absl::Status DieWithParent(pid_t parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) {
    return absl::ErrnoToStatus(errno, "prctl(PR_SET_PDEATHSIG)");
  }
  // Asked after the request: a parent that dies in between is noticed here.
  if (getppid() != parent) {
    return absl::AbortedError(
        absl::StrCat("the process ", parent, " that started this one is gone"));
  }
  return absl::OkStatus();
}

}  // namespace mdrl
