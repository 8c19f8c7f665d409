#include "common/net/retry.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

// A stop is noticed this late at most.
constexpr absl::Duration kSlice = absl::Milliseconds(50);

bool Stopped(const RetryOptions& options) {
  return options.stop != nullptr && options.stop();
}

// Sebastiano Vigna's SplitMix64, for scatter only: no result depends on it.
double Scatter(absl::Time now, int attempt) {
  uint64_t x = static_cast<uint64_t>(absl::ToUnixNanos(now)) +
               static_cast<uint64_t>(attempt) * 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  x ^= x >> 31;
  return static_cast<double>(x >> 11) * 0x1.0p-53;
}

absl::Duration Backoff(const RetryOptions& options, int attempt,
                       absl::Time now) {
  absl::Duration wait = options.first_wait;
  // Stops at the cap, so that no attempt number overflows.
  for (int i = 1; i < attempt && wait < options.longest_wait; ++i) {
    wait *= options.growth;
  }
  wait = std::min(wait, options.longest_wait);
  const double uniform =
      options.random != nullptr ? options.random() : Scatter(now, attempt);
  return wait * (1.0 + options.jitter * (2.0 * uniform - 1.0));
}

// False if the stop came first.
bool SleepUnlessStopped(const RetryOptions& options, Clock& clock,
                        absl::Time until) {
  while (!Stopped(options)) {
    const absl::Duration left = until - clock.Now();
    if (left <= absl::ZeroDuration()) return true;
    clock.SleepFor(options.stop == nullptr ? left : std::min(left, kSlice));
  }
  return false;
}

absl::Status GiveUp(const absl::Status& last, int attempts,
                    absl::Duration spent) {
  if (attempts == 1) return last;
  return WithContext(last, absl::StrCat("after ", attempts, " attempts in ",
                                        absl::FormatDuration(absl::Trunc(
                                            spent, absl::Milliseconds(1)))));
}

}  // namespace

absl::Duration RetryBudget::Take(absl::Time now) {
  MutexLock lock(mutex_);
  if (filled_ == absl::InfinitePast()) filled_ = now;
  // Callers may bring their times out of order; the bucket only goes forward.
  if (now > filled_) {
    tokens_ = std::min(
        options_.burst,
        tokens_ + options_.per_second * absl::ToDoubleSeconds(now - filled_));
    filled_ = now;
  }
  tokens_ -= 1.0;
  if (tokens_ >= 0) return absl::ZeroDuration();
  return absl::Seconds(-tokens_ / options_.per_second);
}

bool IsRetryable(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return true;
    case absl::StatusCode::kResourceExhausted:
      return DetailOf(status).retry_after.has_value();
    default:
      return false;
  }
}

absl::Status CallWithRetry(const RetryOptions& options, Clock& clock,
                           const std::function<absl::Status()>& call) {
  const absl::Time start = clock.Now();
  const absl::Time deadline = start + options.total;
  for (int attempt = 1;; ++attempt) {
    if (Stopped(options)) return absl::CancelledError("asked to stop");
    const absl::Status status = call();
    if (!IsRetryable(status)) return status;
    const absl::Time now = clock.Now();
    if (attempt == options.max_attempts) {
      return GiveUp(status, attempt, now - start);
    }

    absl::Duration wait = Backoff(options, attempt, now);
    const std::optional<absl::Duration> asked = DetailOf(status).retry_after;
    // Jitter is for us to add, never to take from what the peer asked for.
    if (asked.has_value()) wait = std::max(wait, *asked);
    // Asked for last: who gives up takes no token.
    if (now + wait < deadline && options.budget != nullptr) {
      wait = std::max(wait, options.budget->Take(now));
    }
    if (now + wait >= deadline) return GiveUp(status, attempt, now - start);
    if (!SleepUnlessStopped(options, clock, now + wait)) {
      return absl::CancelledError(absl::StrCat(
          "asked to stop while waiting to repeat: ", status.message()));
    }
  }
}

}  // namespace mdrl
