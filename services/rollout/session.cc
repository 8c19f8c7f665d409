#include "services/rollout/session.h"

#include <algorithm>

#include "common/base/clock.h"

namespace mdrl {
namespace {

// Flags of others do not wake us; this bounds how late they are seen.
constexpr absl::Duration kGlance = absl::Milliseconds(100);

}  // namespace

void Session::Begin(const Current& current) {
  {
    MutexLock lock(mutex_);
    current_ = current;
  }
  changed_.NotifyAll();
}

void Session::Lost(const Caller& stale) {
  MutexLock lock(mutex_);
  if (current_.has_value() &&
      current_->caller.registration_id == stale.registration_id) {
    current_.reset();
  }
}

bool Session::Holds(const Caller& caller) const {
  MutexLock lock(mutex_);
  return current_.has_value() &&
         current_->caller.registration_id == caller.registration_id;
}

std::optional<Session::Current> Session::Get() const {
  MutexLock lock(mutex_);
  return current_;
}

std::optional<Session::Current> Session::Await(
    absl::Duration patience, const std::atomic<bool>& given_up) {
  const absl::Time end = Clock::Real().Now() + patience;
  MutexLock lock(mutex_);
  while (!closed_ && !current_.has_value() && !given_up.load()) {
    const absl::Duration left = end - Clock::Real().Now();
    if (left <= absl::ZeroDuration()) return std::nullopt;
    changed_.WaitFor(mutex_, std::min(left, kGlance));
  }
  if (closed_) return std::nullopt;
  return current_;
}

bool Session::Pause(absl::Duration pause) {
  const absl::Time end = Clock::Real().Now() + pause;
  MutexLock lock(mutex_);
  while (!closed_) {
    const absl::Duration left = end - Clock::Real().Now();
    if (left <= absl::ZeroDuration()) return true;
    changed_.WaitFor(mutex_, left);
  }
  return false;
}

void Session::Close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.NotifyAll();
}

}  // namespace mdrl
