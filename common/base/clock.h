// Time as a dependency: real in processes, fake in tests. The only place that
// sleeps, besides net/retry.
//
// Thread-safe.
#ifndef MDRL_COMMON_BASE_CLOCK_H_
#define MDRL_COMMON_BASE_CLOCK_H_

#include "absl/time/time.h"

namespace mdrl {

class Clock {
 public:
  virtual ~Clock() = default;
  // Never goes backwards within a process. Its distance from the wall clock is
  // constant from the process's start on.
  virtual absl::Time Now() = 0;
  virtual void SleepFor(absl::Duration duration) = 0;

  // The machine's steady clock, anchored to wall time once. Never destroyed.
  static Clock& Real();
};

}  // namespace mdrl

#endif  // MDRL_COMMON_BASE_CLOCK_H_
