// The learner's events as they happen, collected by a thread of its own.
#ifndef MDRL_CLIENT_RPC_EVENT_WATCH_H_
#define MDRL_CLIENT_RPC_EVENT_WATCH_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "common/sync/mutex.h"
#include "mdrl/v1/run.grpc.pb.h"

namespace mdrl {

// Follows one Watch stream; a stream that ends is not opened again, since the
// learner is then gone or will say it elsewhere. Thread-safe.
class EventWatch {
 public:
  // Events of these kinds from the beginning.
  static absl::StatusOr<std::unique_ptr<EventWatch>> Open(
      const std::string& address, const std::vector<std::string>& kinds);
  // Ends the stream and joins the thread.
  ~EventWatch();
  EventWatch(const EventWatch&) = delete;
  EventWatch& operator=(const EventWatch&) = delete;

  // What came since the last call.
  std::vector<v1::Event> Take() MDRL_EXCLUDES(mutex_);
  void Close();

 private:
  EventWatch(std::unique_ptr<v1::RunService::Stub> stub,
             v1::WatchRequest request);
  void Read() MDRL_EXCLUDES(mutex_);

  const std::unique_ptr<v1::RunService::Stub> stub_;
  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReader<v1::Event>> stream_;
  Mutex mutex_;
  std::vector<v1::Event> events_ MDRL_GUARDED_BY(mutex_);
  std::thread reader_;
};

}  // namespace mdrl

#endif  // MDRL_CLIENT_RPC_EVENT_WATCH_H_
