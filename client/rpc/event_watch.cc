#include "client/rpc/event_watch.h"

#include <grpcpp/channel.h>

#include <utility>

#include "common/base/status_macros.h"
#include "common/net/channel.h"

namespace mdrl {

absl::StatusOr<std::unique_ptr<EventWatch>> EventWatch::Open(
    const std::string& address, const std::vector<std::string>& kinds) {
  MDRL_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel,
                        MakeChannel(address));
  v1::WatchRequest request;
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
  }
  // How it ended is no news: who watches also sees the process end.
  (void)stream_->Finish();
}

std::vector<v1::Event> EventWatch::Take() {
  MutexLock lock(mutex_);
  return std::exchange(events_, {});
}

}  // namespace mdrl
