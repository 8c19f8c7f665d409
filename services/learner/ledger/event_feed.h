// The ledger's events in the order of their seq, for everyone who watches.
//
//   ledger->OnCommit([&](uint64_t seq) { feed->Advance(seq); });
//   auto events = feed->Read(after, 256);              // a page, maybe empty
//   feed->Park(after, [](absl::Status) { ... });       // when there are more
//
// Thread-safe. Reads go through a connection of its own, so a slow watcher
// never holds up the writer; nothing is kept in memory.
#ifndef MDRL_SERVICES_LEARNER_LEDGER_EVENT_FEED_H_
#define MDRL_SERVICES_LEARNER_LEDGER_EVENT_FEED_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/sync/mutex.h"
#include "services/learner/ledger/reader.h"

namespace mdrl {

class EventFeed {
 public:
  // Called with OK when there is something to read, with Cancelled at Close().
  using Wake = std::function<void(absl::Status)>;

  // REQUIRES: the ledger at `path` was opened for writing before.
  static absl::StatusOr<std::unique_ptr<EventFeed>> Open(
      const std::string& path);
  ~EventFeed();

  // Events with seq > after, oldest first, at most `limit`. OutOfRange, naming
  // the oldest seq that is kept, if one of them is gone already: take the
  // status and go on from its seq.
  absl::StatusOr<std::vector<StoredEvent>> Read(uint64_t after, size_t limit);

  // Calls `wake` once, as soon as an event with seq > after is committed: at
  // once, on the calling thread, if it is; else on the ledger's thread, where
  // it must not block. The number is for Unpark.
  uint64_t Park(uint64_t after, Wake wake) MDRL_EXCLUDES(mutex_);
  // True: `wake` was not called and never will be.
  bool Unpark(uint64_t number) MDRL_EXCLUDES(mutex_);

  // `newest` is committed. For Ledger::OnCommit.
  void Advance(uint64_t newest) MDRL_EXCLUDES(mutex_);

  uint64_t newest_seq() const MDRL_EXCLUDES(mutex_);

  // Wakes all who are parked with Cancelled, for good. May be repeated.
  void Close() MDRL_EXCLUDES(mutex_);

 private:
  struct Parked {
    uint64_t after = 0;
    Wake wake;
  };

  EventFeed(std::unique_ptr<LedgerReader> reader, uint64_t newest)
      : reader_(std::move(reader)), newest_(newest) {}

  const std::unique_ptr<LedgerReader> reader_;
  mutable Mutex mutex_;
  uint64_t newest_ MDRL_GUARDED_BY(mutex_);
  uint64_t next_number_ MDRL_GUARDED_BY(mutex_) = 1;
  bool closed_ MDRL_GUARDED_BY(mutex_) = false;
  std::map<uint64_t, Parked> parked_ MDRL_GUARDED_BY(mutex_);
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEDGER_EVENT_FEED_H_
