// Holds a run's folder, so that a second learner refuses to start.
//
// A lock of the kernel on <run.dir>/run.lock: it ends with the process, however
// that ends. Move-free; keep it for the life of the learner.
#ifndef MDRL_SERVICES_LEARNER_LEDGER_RUN_LOCK_H_
#define MDRL_SERVICES_LEARNER_LEDGER_RUN_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace mdrl {

class RunLock {
 public:
  // Unavailable, reason RUN_DIR_IN_USE: another process, named by its id, holds
  // the folder. NotFound, PermissionDenied, ...: the folder cannot be used.
  static absl::StatusOr<std::unique_ptr<RunLock>> Take(
      const std::string& run_dir);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  explicit RunLock(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEDGER_RUN_LOCK_H_
