// What a worker did and how long each activity took, summed over its threads.
//
// Thread-safe; readable at any time, each number for itself.
#ifndef MDRL_SERVICES_ROLLOUT_WORKER_STATS_H_
#define MDRL_SERVICES_ROLLOUT_WORKER_STATS_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/sync/mutex.h"

namespace mdrl {

// How long threads were in one activity, all together; what still goes on
// counts, so that a wait without end is seen while it lasts.
class BusyTime {
 public:
  void Begin(absl::Time now) MDRL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    ++running_;
    begun_ += now - absl::UnixEpoch();
  }
  void End(absl::Time now) MDRL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    --running_;
    begun_ -= now - absl::UnixEpoch();
  }
  absl::Duration Total(absl::Time now) const MDRL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return running_ * (now - absl::UnixEpoch()) - begun_;
  }

 private:
  mutable Mutex mutex_;
  int running_ MDRL_GUARDED_BY(mutex_) = 0;
  // Sum of all beginnings minus sum of all ends, since the epoch.
  absl::Duration begun_ MDRL_GUARDED_BY(mutex_);
};

struct WorkerStats {
  std::atomic<uint64_t> leases{0};
  std::atomic<uint64_t> groups_decoded{0};
  std::atomic<uint64_t> groups_accepted{0};
  std::atomic<uint64_t> completions{0};
  std::atomic<uint64_t> tokens{0};  // effective ones
  std::atomic<uint64_t> forwards{0};
  std::atomic<uint64_t> decode_steps{0};  // of all lanes, ever
  BusyTime decode;
  BusyTime score;
  BusyTime submit;
  BusyTime policy;  // waiting for and loading policies
  BusyTime idle;    // lanes without a lease
};

// Ever, by activity, under the names of docs/protocol.md.
inline std::map<std::string, double> BusySeconds(const WorkerStats& stats,
                                                 absl::Time now) {
  const auto seconds = [now](const BusyTime& time) {
    return absl::ToDoubleSeconds(time.Total(now));
  };
  return {{"decode", seconds(stats.decode)},
          {"score_wait", seconds(stats.score)},
          {"submit_wait", seconds(stats.submit)},
          {"policy_wait", seconds(stats.policy)},
          {"no_lease", seconds(stats.idle)}};
}

// Adds its own lifetime to one of the sums.
class Stopwatch {
 public:
  explicit Stopwatch(BusyTime& sum) : sum_(sum), start_(Clock::Real().Now()) {
    sum_.Begin(start_);
  }
  ~Stopwatch() { sum_.End(Clock::Real().Now()); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

  absl::Duration Elapsed() const { return Clock::Real().Now() - start_; }

 private:
  BusyTime& sum_;
  const absl::Time start_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_WORKER_STATS_H_
