// The wish to stop, as one object that can be waited on: SIGTERM, SIGINT, or a
// call of Request().
//
//   MDRL_ASSIGN_OR_RETURN(const auto stop, StopSignal::Install());
//   stop->OnStop([&] { learner.Close(); });
//   stop->Wait();
//   return 128 + stop->signal_number();  // 143 or 130; 0: asked for by code
//
// Thread-safe. The signal's handler only writes to a pipe; callbacks run on
// this object's own thread. A second signal ends the process at once.
#ifndef MDRL_COMMON_SYNC_STOP_SIGNAL_H_
#define MDRL_COMMON_SYNC_STOP_SIGNAL_H_

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/sync/mutex.h"

namespace mdrl {

class StopSignal {
 public:
  // Listens to no signal: for tests and for parts that are stopped by code.
  StopSignal() = default;
  // Takes SIGTERM and SIGINT of the process until destroyed. One at a time
  // per process: FailedPrecondition if another holds them.
  static absl::StatusOr<std::unique_ptr<StopSignal>> Install();
  // Gives the signals their default action back.
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // Asks for the stop. The first call counts: it sets signal_number() and runs
  // the callbacks on the calling thread; later ones change nothing.
  void Request(int signal_number = 0) MDRL_EXCLUDES(mutex_);

  bool Requested() const { return requested_.load(); }
  // SIGTERM or SIGINT; 0 before the stop, or if code asked for it.
  int signal_number() const { return signal_number_.load(); }

  void Wait() MDRL_EXCLUDES(mutex_);
  // False if `timeout` passed without a stop.
  bool WaitFor(absl::Duration timeout) MDRL_EXCLUDES(mutex_);

  // Runs `callback` once when the stop is asked for; at once, on the calling
  // thread, if it already was. What it touches must outlive this object. It
  // must not wait for long: it is for closing doors and waking waiters.
  void OnStop(std::function<void()> callback) MDRL_EXCLUDES(mutex_);

 private:
  void Listen();

  mutable Mutex mutex_;
  Condition stopped_;
  std::vector<std::function<void()>> callbacks_ MDRL_GUARDED_BY(mutex_);
  // Written under mutex_ once, in this order, and read without it.
  std::atomic<int> signal_number_{0};
  std::atomic<bool> requested_{false};
  int read_fd_ = -1;  // -1: no signals
  int write_fd_ = -1;
  std::thread listener_;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_SYNC_STOP_SIGNAL_H_
