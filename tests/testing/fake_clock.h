// A clock that stands still until a test moves it.
//
// Thread-safe. SleepFor moves it too, so a loop that waits in a test ends.
#ifndef MDRL_TESTS_TESTING_FAKE_CLOCK_H_
#define MDRL_TESTS_TESTING_FAKE_CLOCK_H_

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/sync/mutex.h"

namespace mdrl {

class FakeClock : public Clock {
 public:
  explicit FakeClock(absl::Time now = absl::FromUnixSeconds(1'000'000))
      : now_(now) {}

  absl::Time Now() override {
    MutexLock lock(mutex_);
    return now_;
  }
  void SleepFor(absl::Duration duration) override { Advance(duration); }

  void Advance(absl::Duration duration) {
    MutexLock lock(mutex_);
    now_ += duration;
  }

 private:
  Mutex mutex_;
  absl::Time now_ MDRL_GUARDED_BY(mutex_);
};

}  // namespace mdrl

#endif  // MDRL_TESTS_TESTING_FAKE_CLOCK_H_
