// Who this worker is to its learner at the moment: the registration in force.
//
// Thread-safe. One thread registers; the others use what is current and tell
// when the learner no longer knows it.
#ifndef MDRL_SERVICES_ROLLOUT_SESSION_H_
#define MDRL_SERVICES_ROLLOUT_SESSION_H_

#include <atomic>
#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "common/record/rollout_calls.h"
#include "common/sync/mutex.h"

namespace mdrl {

class Session {
 public:
  struct Current {
    Caller caller;
    uint32_t slot = 0;
  };

  void Begin(const Current& current) MDRL_EXCLUDES(mutex_);
  // The learner said Aborted to `stale`. Ignored if another one is in force.
  void Lost(const Caller& stale) MDRL_EXCLUDES(mutex_);
  bool Holds(const Caller& caller) const MDRL_EXCLUDES(mutex_);

  // nullopt: not registered.
  std::optional<Current> Get() const MDRL_EXCLUDES(mutex_);
  // Blocks until there is one; nullopt after Close(), `patience` or once
  // `given_up`.
  std::optional<Current> Await(absl::Duration patience,
                               const std::atomic<bool>& given_up)
      MDRL_EXCLUDES(mutex_);
  // Waits for `pause`; false at once after Close().
  bool Pause(absl::Duration pause) MDRL_EXCLUDES(mutex_);

  void Close() MDRL_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  Condition changed_;
  std::optional<Current> current_ MDRL_GUARDED_BY(mutex_);
  bool closed_ MDRL_GUARDED_BY(mutex_) = false;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_SESSION_H_
