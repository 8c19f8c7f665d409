// What a worker did and how long each activity took, summed over its threads.
//
// Thread-safe; readable at any time, each number for itself.
#ifndef MDRL_SERVICES_ROLLOUT_WORKER_STATS_H_
#define MDRL_SERVICES_ROLLOUT_WORKER_STATS_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "common/base/clock.h"

namespace mdrl {

struct WorkerStats {
  std::atomic<uint64_t> leases{0};
  std::atomic<uint64_t> groups_decoded{0};
  std::atomic<uint64_t> groups_accepted{0};
  std::atomic<uint64_t> completions{0};
  std::atomic<uint64_t> tokens{0};  // effective ones
  std::atomic<uint64_t> forwards{0};
  std::atomic<uint64_t> decode_steps{0};  // of all lanes, ever
  std::atomic<int64_t> decode_ns{0};
  std::atomic<int64_t> score_ns{0};
  std::atomic<int64_t> submit_ns{0};
  std::atomic<int64_t> policy_ns{0};  // waiting for and loading policies
  std::atomic<int64_t> idle_ns{0};    // lanes without a lease
};

// Adds its own lifetime to one of the sums.
class Stopwatch {
 public:
  explicit Stopwatch(std::atomic<int64_t>& sum)
      : sum_(sum), start_(Clock::Real().Now()) {}
  ~Stopwatch() { sum_.fetch_add(absl::ToInt64Nanoseconds(Elapsed())); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

  absl::Duration Elapsed() const { return Clock::Real().Now() - start_; }

 private:
  std::atomic<int64_t>& sum_;
  const absl::Time start_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_WORKER_STATS_H_
