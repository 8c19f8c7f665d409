// A named thread that runs a closure every period.
//
// Thread-safe. The owner closes it; the destructor does so too. The closure
// runs on the task's thread only, never twice at a time, first after one
// period.
#ifndef MDRL_COMMON_SYNC_PERIODIC_TASK_H_
#define MDRL_COMMON_SYNC_PERIODIC_TASK_H_

#include <functional>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "common/sync/mutex.h"

namespace mdrl {

class PeriodicTask {
 public:
  // `name` is shown by ps and debuggers, cut at 15 characters. What `run`
  // touches must outlive Close(). REQUIRES: period > 0.
  PeriodicTask(const std::string& name, absl::Duration period,
               std::function<void()> run);
  ~PeriodicTask() { Close(); }
  PeriodicTask(const PeriodicTask&) = delete;
  PeriodicTask& operator=(const PeriodicTask&) = delete;

  // Runs the closure soon, without waiting for the period to end.
  void RunSoon() MDRL_EXCLUDES(mutex_);

  // Ends the thread and waits for it: afterwards the closure never runs again.
  // May be repeated. REQUIRES: not called by the closure itself.
  void Close() MDRL_EXCLUDES(mutex_);

 private:
  void Loop();
  // Waits for the next turn; false once closed.
  bool AwaitTurn() MDRL_EXCLUDES(mutex_);

  const absl::Duration period_;
  const std::function<void()> run_;
  Mutex mutex_;
  Condition changed_;
  bool closed_ MDRL_GUARDED_BY(mutex_) = false;
  bool soon_ MDRL_GUARDED_BY(mutex_) = false;
  Mutex join_mutex_;  // Close() from two threads: one joins, the other waits
  std::thread thread_ MDRL_GUARDED_BY(join_mutex_);
};

}  // namespace mdrl

#endif  // MDRL_COMMON_SYNC_PERIODIC_TASK_H_
