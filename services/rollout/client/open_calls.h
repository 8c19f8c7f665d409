// The RPCs in progress, so that all of them can be ended at once, and those
// that stand still can be ended alone.
//
// Thread-safe.
#ifndef MDRL_SERVICES_ROLLOUT_CLIENT_OPEN_CALLS_H_
#define MDRL_SERVICES_ROLLOUT_CLIENT_OPEN_CALLS_H_

#include <atomic>
#include <set>

#include "absl/time/time.h"
#include "common/metrics/registry.h"
#include "common/sync/mutex.h"
#include "grpcpp/client_context.h"

namespace mdrl {

class OpenCalls {
 public:
  // One call from its start to its end. `idle_limit`: how long it may go
  // without Moved() before it is ended.
  class Call {
   public:
    explicit Call(OpenCalls& calls,
                  absl::Duration idle_limit = absl::InfiniteDuration());
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    grpc::ClientContext& context() { return context_; }
    void Moved();
    // Ended because nothing moved: not the caller's wish, but a time-out.
    bool stood_still() const { return stood_still_.load(); }

   private:
    friend class OpenCalls;
    OpenCalls& calls_;
    const absl::Duration idle_limit_;
    grpc::ClientContext context_;
    std::atomic<int64_t> moved_ns_;
    std::atomic<bool> stood_still_{false};
  };

  // Ends every call in progress, and each later one as soon as it begins.
  void CancelAll() MDRL_EXCLUDES(mutex_);
  bool cancelled() const { return cancelled_.load(); }

  // Where repeats are counted, by rpc; REQUIRES: before the first call.
  void CountRetriesIn(Counters* retries) { retries_ = retries; }
  void CountRetry(const std::string& rpc) {
    if (retries_ != nullptr) retries_->At({rpc}).Increment();
  }

  // Ends the calls that have stood still for too long. Run it periodically.
  void EndIdle() MDRL_EXCLUDES(mutex_);

 private:
  Counters* retries_ = nullptr;  // outlives this; may be null
  std::atomic<bool> cancelled_{false};
  Mutex mutex_;
  std::set<Call*> calls_ MDRL_GUARDED_BY(mutex_);
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_CLIENT_OPEN_CALLS_H_
