#include "services/learner/policy/snapshot_store.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"

namespace mdrl {

void SnapshotStore::Publish(SnapshotPtr snapshot) {
  std::vector<EventCallback> woken;
  std::map<Version, SnapshotPtr> let_go;
  PolicyEvent event;
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    const Version version = snapshot->manifest.version;
    MDRL_CHECK(snapshots_.empty() || version == snapshots_.rbegin()->first + 1)
        << "version " << version << " does not follow the newest one";
    snapshots_.emplace(version, std::move(snapshot));
    let_go = TrimLocked();
    event = EventLocked();
    for (auto& [id, watcher] : watchers_) {
      if (!watcher.parked) continue;
      watcher.told = version;
      woken.push_back(std::exchange(watcher.parked, nullptr));
    }
  }
  for (const EventCallback& done : woken) done(event);
}

SnapshotStore::SnapshotPtr SnapshotStore::Newest() const {
  MutexLock lock(mutex_);
  return snapshots_.empty() ? nullptr : snapshots_.rbegin()->second;
}

SnapshotStore::SnapshotPtr SnapshotStore::Get(Version version) const {
  MutexLock lock(mutex_);
  const auto found = snapshots_.find(version);
  return found == snapshots_.end() ? nullptr : found->second;
}

absl::StatusOr<SnapshotStore::SnapshotPtr> SnapshotStore::Find(
    const PolicyRef& policy) const {
  MutexLock lock(mutex_);
  for (const auto& [version, snapshot] : snapshots_) {
    const bool hash_fits =
        policy.manifest_sha256.IsZero()
            ? policy.version.has_value()
            : snapshot->manifest_sha256 == policy.manifest_sha256;
    if (hash_fits && policy.version.value_or(version) == version) {
      return snapshot;
    }
  }
  return absl::NotFoundError(absl::StrCat(
      "no policy ",
      policy.version.has_value() ? absl::StrCat("version ", *policy.version)
                                 : std::string(""),
      policy.manifest_sha256.IsZero()
          ? std::string("")
          : absl::StrCat(" with manifest ", policy.manifest_sha256.ToHex(6)),
      " is retained; the oldest retained version is ", OldestLocked()));
}

Version SnapshotStore::OldestRetained() const {
  MutexLock lock(mutex_);
  return OldestLocked();
}

Version SnapshotStore::OldestLocked() const {
  if (snapshots_.empty()) return 0;
  const Version newest = snapshots_.rbegin()->first;
  const Version span = max_staleness_ + 1;
  const Version floor = newest > span ? newest - span : 0;
  // After a resume the first versions of the window may never have been here.
  return snapshots_.lower_bound(floor)->first;
}

bool SnapshotStore::TryPin(Version version) {
  MutexLock lock(mutex_);
  if (!snapshots_.contains(version)) return false;
  ++pins_[version];
  return true;
}

void SnapshotStore::Unpin(Version version) {
  std::map<Version, SnapshotPtr> let_go;
  MutexLock lock(mutex_);
  const auto pin = pins_.find(version);
  MDRL_CHECK(pin != pins_.end()) << "version " << version << " has no pin";
  if (--pin->second == 0) pins_.erase(pin);
  let_go = TrimLocked();
}

std::map<Version, SnapshotStore::SnapshotPtr> SnapshotStore::TrimLocked() {
  std::map<Version, SnapshotPtr> let_go;
  const Version oldest = OldestLocked();
  for (auto it = snapshots_.begin();
       it != snapshots_.end() && it->first < oldest;) {
    if (pins_.contains(it->first)) {
      ++it;
      continue;
    }
    let_go.insert(snapshots_.extract(it++));
  }
  return let_go;
}

PolicyEvent SnapshotStore::EventLocked() const {
  return {.kind = PolicyEvent::Kind::kPublished,
          .policy = snapshots_.rbegin()->second->ref(),
          .oldest_retained = OldestLocked(),
          .epoch = epoch_};
}

SnapshotStore::WatcherId SnapshotStore::AddWatcher() {
  MutexLock lock(mutex_);
  const WatcherId id = next_watcher_++;
  watchers_[id];
  return id;
}

void SnapshotStore::NextEvent(WatcherId watcher, EventCallback done) {
  absl::StatusOr<PolicyEvent> answer =
      absl::CancelledError("the watcher was removed or the learner is closing");
  {
    MutexLock lock(mutex_);
    const auto found = watchers_.find(watcher);
    if (!closed_ && found != watchers_.end()) {
      MDRL_CHECK(!found->second.parked) << "a watcher asked twice";
      const bool fresh = !snapshots_.empty() &&
                         found->second.told != snapshots_.rbegin()->first;
      if (!fresh) {
        found->second.parked = std::move(done);
        return;
      }
      found->second.told = snapshots_.rbegin()->first;
      answer = EventLocked();
    }
  }
  done(std::move(answer));
}

void SnapshotStore::RemoveWatcher(WatcherId watcher) {
  EventCallback parked;
  {
    MutexLock lock(mutex_);
    const auto found = watchers_.find(watcher);
    if (found == watchers_.end()) return;
    parked = std::move(found->second.parked);
    watchers_.erase(found);
  }
  if (parked) parked(absl::CancelledError("the watcher was removed"));
}

void SnapshotStore::Close() {
  std::vector<EventCallback> parked;
  {
    MutexLock lock(mutex_);
    closed_ = true;
    for (auto& [id, watcher] : watchers_) {
      if (watcher.parked) {
        parked.push_back(std::exchange(watcher.parked, nullptr));
      }
    }
  }
  for (const EventCallback& done : parked) {
    done(absl::CancelledError("the learner is closing"));
  }
}

}  // namespace mdrl
