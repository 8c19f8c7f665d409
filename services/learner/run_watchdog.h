// Asks the desk once a second whether the run moves, records what it waits for
// when it does not, and raises the alarm.
//
// Torch-free. Thread-safe; its thread is a PeriodicTask. With `exit`, an alarm
// fails the run, so that the loop unwinds and the process ends with 80; a loop
// that hangs and does not unwind in time is left behind: the ledger has
// everything.
#ifndef MDRL_SERVICES_LEARNER_RUN_WATCHDOG_H_
#define MDRL_SERVICES_LEARNER_RUN_WATCHDOG_H_

#include <optional>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/sync/periodic_task.h"
#include "services/learner/desk/front_desk.h"
#include "services/learner/explain/watchdog.h"

namespace mdrl {

struct RunWatchdogOptions {
  Watchdog::Options times;
  bool exit = false;  // watchdog.on_alarm
};

class RunWatchdog {
 public:
  // `desk` and `clock` outlive it.
  RunWatchdog(const RunWatchdogOptions& options, FrontDesk& desk, Clock& clock);

  void Close() { task_.Close(); }

 private:
  void Look();

  const RunWatchdogOptions options_;
  FrontDesk& desk_;
  Clock& clock_;
  // The task's thread only.
  Watchdog watchdog_;
  std::optional<absl::Time> exit_by_;
  PeriodicTask task_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_RUN_WATCHDOG_H_
