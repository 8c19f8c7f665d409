// The newest policies as immutable bytes; wakes whoever watches for a new one.
//
// Thread-safe; no call blocks. Callbacks run on the thread that publishes,
// closes or asks, with no lock held.
#ifndef MDRL_SERVICES_LEARNER_POLICY_SNAPSHOT_STORE_H_
#define MDRL_SERVICES_LEARNER_POLICY_SNAPSHOT_STORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/record/rollout_calls.h"
#include "common/record/snapshot.h"
#include "common/sync/mutex.h"

namespace mdrl {

class SnapshotStore {
 public:
  using SnapshotPtr = std::shared_ptr<const Snapshot>;
  using EventCallback = std::function<void(absl::StatusOr<PolicyEvent>)>;
  using WatcherId = uint64_t;

  // `max_staleness` is k in rounds: versions >= V - k - 1 are retained.
  SnapshotStore(uint64_t epoch, uint64_t max_staleness)
      : epoch_(epoch), max_staleness_(max_staleness) {}
  ~SnapshotStore() { Close(); }

  // Makes `snapshot` the newest and wakes the watchers; versions that nothing
  // needs any more are let go. REQUIRES: its version follows the newest one
  // (any version is taken first); the store is not closed.
  void Publish(SnapshotPtr snapshot) MDRL_EXCLUDES(mutex_);

  // Null before the first Publish.
  SnapshotPtr Newest() const MDRL_EXCLUDES(mutex_);
  // Null if not retained.
  SnapshotPtr Get(Version version) const MDRL_EXCLUDES(mutex_);
  // By manifest hash if one is given (then a version must agree), else by
  // version. NotFound names the oldest version retained.
  absl::StatusOr<SnapshotPtr> Find(const PolicyRef& policy) const
      MDRL_EXCLUDES(mutex_);
  size_t retained() const MDRL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return snapshots_.size();
  }
  // 0 before the first Publish. Versions pinned below V - k - 1 don't count.
  Version OldestRetained() const MDRL_EXCLUDES(mutex_);

  // Keeps `version` until as many Unpins; false if it is not retained.
  bool TryPin(Version version) MDRL_EXCLUDES(mutex_);
  void Unpin(Version version) MDRL_EXCLUDES(mutex_);

  // A watcher asks again and again with NextEvent; between two calls only the
  // newest event is kept for it. Cancelled after Close.
  WatcherId AddWatcher() MDRL_EXCLUDES(mutex_);
  // Calls `done` once: at once if something was published that this watcher
  // has not been told, else at the next Publish; Cancelled when the watcher is
  // removed or the store closed. REQUIRES: no earlier `done` is pending.
  void NextEvent(WatcherId watcher, EventCallback done) MDRL_EXCLUDES(mutex_);
  // Unknown ids are ignored.
  void RemoveWatcher(WatcherId watcher) MDRL_EXCLUDES(mutex_);

  // Answers every parked watcher with Cancelled. May be repeated.
  void Close() MDRL_EXCLUDES(mutex_);

 private:
  struct Watcher {
    std::optional<Version> told;
    EventCallback parked;  // empty: none
  };

  Version OldestLocked() const MDRL_REQUIRES(mutex_);
  PolicyEvent EventLocked() const MDRL_REQUIRES(mutex_);
  // Moves out what falls below the retention, to be destroyed unlocked.
  std::map<Version, SnapshotPtr> TrimLocked() MDRL_REQUIRES(mutex_);

  const uint64_t epoch_;
  const uint64_t max_staleness_;
  mutable Mutex mutex_;
  bool closed_ MDRL_GUARDED_BY(mutex_) = false;
  // The last one is the newest; every one is retained or pinned.
  std::map<Version, SnapshotPtr> snapshots_ MDRL_GUARDED_BY(mutex_);
  std::map<Version, uint64_t> pins_ MDRL_GUARDED_BY(mutex_);  // counts > 0
  std::map<WatcherId, Watcher> watchers_ MDRL_GUARDED_BY(mutex_);
  WatcherId next_watcher_ MDRL_GUARDED_BY(mutex_) = 1;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_POLICY_SNAPSHOT_STORE_H_
