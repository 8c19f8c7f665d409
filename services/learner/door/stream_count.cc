#include "services/learner/door/stream_count.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/error.h"

namespace mdrl {

absl::StatusOr<StreamCount::Seat> StreamCount::Take(const std::string& peer) {
  MutexLock lock(mutex_);
  int& open = open_[peer];
  if (open >= kMost) {
    return WithDetail(
        absl::ResourceExhaustedError(absl::StrCat(
            peer, " has ", kMost, " streams of chunks open; wait for one")),
        {.reason = std::string(reason::kQueueFull),
         .field = "",
         .retry_after = absl::Milliseconds(500),
         .facts = {}});
  }
  ++open;
  return Seat(this, peer);
}

void StreamCount::Leave(const std::string& peer) {
  MutexLock lock(mutex_);
  const auto found = open_.find(peer);
  if (--found->second == 0) open_.erase(found);
}

}  // namespace mdrl
