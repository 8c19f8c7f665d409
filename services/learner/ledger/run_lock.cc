#include "services/learner/ledger/run_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace mdrl {

absl::StatusOr<std::unique_ptr<RunLock>> RunLock::Take(
    const std::string& run_dir) {
  const std::string path = run_dir + "/run.lock";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return absl::ErrnoToStatus(errno, "opening " + path);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    char text[32] = {};
    const ssize_t size = pread(fd, text, sizeof(text) - 1, 0);
    close(fd);
    return WithReason(
        absl::UnavailableError(absl::StrCat(
            run_dir, ": in use by process ",
            size > 0 ? absl::StripAsciiWhitespace(text) : "unknown",
            ": wait for its end, or name another folder with --run-dir")),
        reason::kRunDirInUse);
  }
  // For people only: the lock itself is the kernel's.
  const std::string pid = absl::StrCat(getpid(), "\n");
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) !=
                                   static_cast<ssize_t>(pid.size())) {
    const int error = errno;
    close(fd);
    return absl::ErrnoToStatus(error, "writing " + path);
  }
  return std::unique_ptr<RunLock>(new RunLock(fd));
}

RunLock::~RunLock() { close(fd_); }

}  // namespace mdrl
