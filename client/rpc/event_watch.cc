#include "client/rpc/event_watch.h"

#include <grpcpp/channel.h>

#include <utility>

#include "common/base/status_macros.h"
#include "common/net/channel.h"
#include "common/net/grpc_status.h"

namespace mdrl {

absl::StatusOr<std::unique_ptr<EventWatch>> EventWatch::Open(
    const std::string& address, const std::vector<std::string>& kinds,
    uint64_t after_seq) {
  MDRL_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel,
                        MakeChannel(address));
  v1::WatchRequest request;
  request.set_after_seq(after_seq);
  for (const std::string& kind : kinds) request.add_kinds(kind);
  return std::unique_ptr<EventWatch>(
      new EventWatch(v1::RunService::NewStub(channel), std::move(request)));
}

EventWatch::EventWatch(std::unique_ptr<v1::RunService::Stub> stub,
                       v1::WatchRequest request)
    : stub_(std::move(stub)),
      stream_(stub_->Watch(&context_, request)),
      reader_([this] { Read(); }) {}

EventWatch::~EventWatch() {
  Close();
  reader_.join();
}

void EventWatch::Close() { context_.TryCancel(); }

void EventWatch::Read() {
  v1::Event event;
  while (stream_->Read(&event)) {
    MutexLock lock(mutex_);
    events_.push_back(event);
    changed_.NotifyAll();
  }
  absl::Status status = FromGrpcStatus(stream_->Finish());
  MutexLock lock(mutex_);
  ended_ = std::move(status);
  changed_.NotifyAll();
}

std::vector<v1::Event> EventWatch::Take() { return Take(absl::ZeroDuration()); }

std::vector<v1::Event> EventWatch::Take(absl::Duration wait) {
  MutexLock lock(mutex_);
  bool woken = wait > absl::ZeroDuration();
  while (events_.empty() && !ended_ && woken) {
    woken = changed_.WaitFor(mutex_, wait);
  }
  return std::exchange(events_, {});
}

std::optional<absl::Status> EventWatch::Ended() {
  MutexLock lock(mutex_);
  return events_.empty() ? ended_ : std::nullopt;
}

}  // namespace mdrl
