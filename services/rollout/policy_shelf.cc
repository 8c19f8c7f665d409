#include "services/rollout/policy_shelf.h"

#include <algorithm>
#include <utility>

#include "common/base/clock.h"

namespace mdrl {

absl::StatusOr<std::shared_ptr<const LoadedPolicy>> PolicyShelf::Get(
    const Snapshot& snapshot) {
  const auto find = [&snapshot](std::list<Entry>& entries) {
    return std::find_if(entries.begin(), entries.end(), [&](const Entry& e) {
      return e.manifest_sha256 == snapshot.manifest_sha256;
    });
  };
  {
    MutexLock lock(mutex_);
    while (true) {
      const auto it = find(entries_);
      if (it == entries_.end()) break;
      if (it->policy != nullptr) {
        entries_.splice(entries_.begin(), entries_, it);
        return it->policy;
      }
      changed_.Wait(mutex_);
    }
    entries_.push_front({snapshot.manifest_sha256, nullptr});
  }
  const absl::Time start = Clock::Real().Now();
  auto policy = engine_.Load(snapshot);
  metrics_.stage_seconds.Observe(Clock::Real().Now() - start);
  metrics_.CountLoad(policy.status());
  {
    MutexLock lock(mutex_);
    const auto it = find(entries_);
    if (policy.ok()) {
      it->policy = *policy;
    } else {
      entries_.erase(it);
    }
    while (entries_.size() > kept_ && entries_.back().policy != nullptr) {
      entries_.pop_back();
    }
  }
  changed_.NotifyAll();
  return policy;
}

}  // namespace mdrl
