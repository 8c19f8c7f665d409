#include "services/learner/ledger/event_feed.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace mdrl {

absl::StatusOr<std::unique_ptr<EventFeed>> EventFeed::Open(
    const std::string& path) {
  MDRL_ASSIGN_OR_RETURN(auto reader, LedgerReader::Open(path));
  MDRL_ASSIGN_OR_RETURN(const uint64_t newest, reader->NewestEvent());
  return std::unique_ptr<EventFeed>(new EventFeed(std::move(reader), newest));
}

EventFeed::~EventFeed() { Close(); }

absl::StatusOr<std::vector<StoredEvent>> EventFeed::Read(uint64_t after,
                                                         size_t limit) {
  MDRL_ASSIGN_OR_RETURN(auto events, reader_->EventsAfter(after, limit));
  // Seqs are dense: whatever comes next is after + 1, or was taken away.
  if (!events.empty() && events.front().seq != after + 1) {
    return absl::OutOfRangeError(absl::StrCat("events after ", after,
                                              " are gone, the oldest is ",
                                              events.front().seq));
  }
  return events;
}

uint64_t EventFeed::Park(uint64_t after, Wake wake) {
  absl::Status now;
  uint64_t number;
  {
    MutexLock lock(mutex_);
    number = next_number_++;
    if (!closed_ && newest_ <= after) {
      parked_[number] = {after, std::move(wake)};
      return number;
    }
    if (closed_) now = absl::CancelledError("the learner is closing");
  }
  wake(now);
  return number;
}

bool EventFeed::Unpark(uint64_t number) {
  Parked dropped;  // destroyed outside the lock
  MutexLock lock(mutex_);
  const auto found = parked_.find(number);
  if (found == parked_.end()) return false;
  dropped = std::move(found->second);
  parked_.erase(found);
  return true;
}

void EventFeed::Advance(uint64_t newest) {
  std::vector<Wake> woken;
  {
    MutexLock lock(mutex_);
    if (newest <= newest_) return;
    newest_ = newest;
    for (auto it = parked_.begin(); it != parked_.end();) {
      if (it->second.after >= newest_) {
        ++it;
        continue;
      }
      woken.push_back(std::move(it->second.wake));
      it = parked_.erase(it);
    }
  }
  for (const Wake& wake : woken) wake(absl::OkStatus());
}

uint64_t EventFeed::newest_seq() const {
  MutexLock lock(mutex_);
  return newest_;
}

void EventFeed::Close() {
  std::map<uint64_t, Parked> parked;
  {
    MutexLock lock(mutex_);
    closed_ = true;
    parked.swap(parked_);
  }
  for (const auto& [number, waiting] : parked) {
    waiting.wake(absl::CancelledError("the learner is closing"));
  }
}

}  // namespace mdrl
