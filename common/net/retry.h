// The only place that repeats a call. Exponential backoff with jitter,
// retry_after, a total limit, a way out.
//
//   const absl::Status status = CallWithRetry(
//       {.total = absl::Seconds(60), .stop = [&] { return stop.Requested(); }},
//       Clock::Real(), [&] { return client.Submit(request); });
//
// A repeat is the same request with the same idempotency key: that the far end
// takes it once is its contract, not ours.
#ifndef MDRL_COMMON_NET_RETRY_H_
#define MDRL_COMMON_NET_RETRY_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/sync/mutex.h"

namespace mdrl {

// Keeps the repeats of one channel below a rate, however many calls fail at
// once: a bucket of tokens that refills with time. Thread-safe.
class RetryBudget {
 public:
  struct Options {
    double burst = 10.0;
    double per_second = 2.0;
  };
  RetryBudget() : RetryBudget(Options()) {}
  explicit RetryBudget(Options options)
      : options_(options), tokens_(options.burst) {}

  // Takes a token and says how long to wait until it is there; zero if it is.
  absl::Duration Take(absl::Time now) MDRL_EXCLUDES(mutex_);

 private:
  const Options options_;
  Mutex mutex_;
  double tokens_ MDRL_GUARDED_BY(mutex_);  // below zero: promised already
  absl::Time filled_ MDRL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

struct RetryOptions {
  absl::Duration first_wait = absl::Milliseconds(200);
  absl::Duration longest_wait = absl::Seconds(10);
  double growth = 2.0;
  double jitter = 0.25;  // a wait is scaled by 1 - jitter to 1 + jitter
  // From the first attempt on; no attempt begins later. A running one is not
  // cut off: that is its own deadline's part.
  absl::Duration total = absl::Seconds(60);
  int max_attempts = 0;  // 0: as many as fit into `total`
  // Asked before every attempt and about every 50 ms of waiting.
  std::function<bool()> stop;
  // Uniform in [0, 1); none: scattered by the clock and the attempt.
  std::function<double()> random;
  RetryBudget* budget = nullptr;  // not owned; outlives the call
};

// UNAVAILABLE, DEADLINE_EXCEEDED, and RESOURCE_EXHAUSTED with a retry_after
// (without one the request is over a limit and stays so).
bool IsRetryable(const absl::Status& status);

// Calls until it succeeds, fails for good, or there is no time left: then the
// last error, with its payloads and the number of attempts. Cancelled once
// `stop` holds. A retry_after is waited out in full, if it fits into `total`.
// Blocks the calling thread; as thread-safe as `call`.
absl::Status CallWithRetry(const RetryOptions& options, Clock& clock,
                           const std::function<absl::Status()>& call);

}  // namespace mdrl

#endif  // MDRL_COMMON_NET_RETRY_H_
