#include "common/sync/periodic_task.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/log.h"

namespace mdrl {

PeriodicTask::PeriodicTask(const std::string& name, absl::Duration period,
                           std::function<void()> run)
    : period_(period), run_(std::move(run)) {
  MDRL_CHECK(period > absl::ZeroDuration()) << name << ": no period";
  thread_ = std::thread([this, name = name.substr(0, 15)] {
    pthread_setname_np(pthread_self(), name.c_str());
    Loop();
  });
}

void PeriodicTask::RunSoon() {
  {
    MutexLock lock(mutex_);
    soon_ = true;
  }
  changed_.NotifyOne();
}

void PeriodicTask::Close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.NotifyOne();
  MutexLock lock(join_mutex_);
  if (thread_.joinable()) thread_.join();
}

void PeriodicTask::Loop() {
  while (AwaitTurn()) run_();
}

bool PeriodicTask::AwaitTurn() {
  // Wake-ups without a cause must not shorten the period; a step of the wall
  // clock lengthens one period at most by itself.
  const absl::Time deadline = absl::Now() + period_;
  MutexLock lock(mutex_);
  while (!closed_ && !soon_) {
    const absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration()) break;
    // An hour at a time: an infinite period has no point in time.
    changed_.WaitFor(mutex_, std::min({left, period_, absl::Hours(1)}));
  }
  soon_ = false;
  return !closed_;
}

}  // namespace mdrl
