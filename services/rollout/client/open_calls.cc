#include "services/rollout/client/open_calls.h"

#include "common/base/clock.h"

namespace mdrl {
namespace {

int64_t NowNanoseconds() { return absl::ToUnixNanos(Clock::Real().Now()); }

}  // namespace

OpenCalls::Call::Call(OpenCalls& calls, absl::Duration idle_limit)
    : calls_(calls), idle_limit_(idle_limit), moved_ns_(NowNanoseconds()) {
  MutexLock lock(calls_.mutex_);
  calls_.calls_.insert(this);
  if (calls_.cancelled_.load()) context_.TryCancel();
}

OpenCalls::Call::~Call() {
  MutexLock lock(calls_.mutex_);
  calls_.calls_.erase(this);
}

void OpenCalls::Call::Moved() { moved_ns_.store(NowNanoseconds()); }

void OpenCalls::CancelAll() {
  // TryCancel only tells gRPC's threads; it does not call back into us.
  MutexLock lock(mutex_);
  cancelled_.store(true);
  for (Call* call : calls_) call->context_.TryCancel();
}

void OpenCalls::EndIdle() {
  const int64_t now = NowNanoseconds();
  MutexLock lock(mutex_);
  for (Call* call : calls_) {
    if (absl::Nanoseconds(now - call->moved_ns_.load()) > call->idle_limit_) {
      call->stood_still_.store(true);
      call->context_.TryCancel();
    }
  }
}

}  // namespace mdrl
