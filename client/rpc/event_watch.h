// The learner's events as they happen, collected by a thread of its own.
#ifndef MDRL_CLIENT_RPC_EVENT_WATCH_H_
#define MDRL_CLIENT_RPC_EVENT_WATCH_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/sync/mutex.h"
#include "mdrl/v1/run.grpc.pb.h"

namespace mdrl {

// Follows one Watch stream; a stream that ends is not opened again, since the
// learner is then gone or will say it elsewhere. Thread-safe.
class EventWatch {
 public:
  // Events of these kinds (none: of all) whose seq is above `after_seq`.
  static absl::StatusOr<std::unique_ptr<EventWatch>> Open(
      const std::string& address, const std::vector<std::string>& kinds,
      uint64_t after_seq = 0);
  // Ends the stream and joins the thread.
  ~EventWatch();
  EventWatch(const EventWatch&) = delete;
  EventWatch& operator=(const EventWatch&) = delete;

  // What came since the last call.
  std::vector<v1::Event> Take() MDRL_EXCLUDES(mutex_);
  // The same, but waits up to `wait` where there is nothing yet.
  std::vector<v1::Event> Take(absl::Duration wait) MDRL_EXCLUDES(mutex_);
  // How the stream ended, once it has and all events are taken.
  std::optional<absl::Status> Ended() MDRL_EXCLUDES(mutex_);
  // Ends the stream; wakes who waits.
  void Close();

 private:
  EventWatch(std::unique_ptr<v1::RunService::Stub> stub,
             v1::WatchRequest request);
  void Read() MDRL_EXCLUDES(mutex_);

  const std::unique_ptr<v1::RunService::Stub> stub_;
  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReader<v1::Event>> stream_;
  Mutex mutex_;
  Condition changed_;
  std::vector<v1::Event> events_ MDRL_GUARDED_BY(mutex_);
  std::optional<absl::Status> ended_ MDRL_GUARDED_BY(mutex_);
  std::thread reader_;
};

}  // namespace mdrl

#endif  // MDRL_CLIENT_RPC_EVENT_WATCH_H_
