#include "services/rollout/lease_board.h"

#include <algorithm>
#include <utility>

#include "common/base/clock.h"

namespace mdrl {

std::vector<HeldLoan> LeaseBoard::Granted(uint64_t call,
                                          std::vector<Lease> leases,
                                          std::shared_ptr<ReturnBox> box,
                                          absl::Time now) {
  std::vector<HeldLoan> loans;
  MutexLock lock(mutex_);
  call_seen_ = std::max(call_seen_, call);
  for (Lease& lease : leases) {
    const LeaseKey key = lease.key;
    const auto [it, added] = held_.try_emplace(key, nullptr);
    if (!added) continue;
    it->second = std::make_shared<HeldLease>(key, now);
    loans.push_back({LeaseLoan(std::move(lease), box), it->second});
  }
  return loans;
}

void LeaseBoard::Remove(const LeaseKey& key) {
  {
    MutexLock lock(mutex_);
    held_.erase(key);
  }
  changed_.NotifyAll();
}

void LeaseBoard::Revoke(const LeaseKey& key) {
  MutexLock lock(mutex_);
  const auto it = held_.find(key);
  if (it != held_.end()) it->second->revoked.store(true);
}

void LeaseBoard::KeepOnly(std::span<const LeaseKey> adopted) {
  MutexLock lock(mutex_);
  call_seen_ = 0;
  for (const auto& [key, held] : held_) {
    if (std::find(adopted.begin(), adopted.end(), key) == adopted.end()) {
      held->revoked.store(true);
    }
  }
}

void LeaseBoard::RevokeAll() { KeepOnly({}); }

void LeaseBoard::Describe(uint64_t policy_bytes, RenewRequest& request) const {
  MutexLock lock(mutex_);
  ++described_;
  request.lease_call_seen = call_seen_;
  request.leases.clear();
  for (const auto& [key, held] : held_) {
    RenewRequest::Held line;
    line.key = key;
    line.phase = held->phase.load();
    line.progress = held->progress.load();
    line.waits_for = held->waits_for.load();
    if (line.phase == RenewRequest::Phase::kAwaitingPolicy) {
      line.progress += policy_bytes;
      if (line.waits_for == Reason::kUnspecified) {
        line.waits_for = Reason::kPolicyFetch;
      }
    } else if (line.phase == RenewRequest::Phase::kScoring ||
               line.phase == RenewRequest::Phase::kSubmitting) {
      line.progress += described_;
    }
    line.progress_total = held->progress_total.load();
    request.leases.push_back(line);
  }
}

std::vector<LeaseKey> LeaseBoard::Keys() const {
  MutexLock lock(mutex_);
  std::vector<LeaseKey> keys;
  for (const auto& [key, held] : held_) keys.push_back(key);
  return keys;
}

uint32_t LeaseBoard::size() const {
  MutexLock lock(mutex_);
  return static_cast<uint32_t>(held_.size());
}

bool LeaseBoard::AwaitRoom(uint32_t capacity, absl::Duration patience) {
  const absl::Time end = Clock::Real().Now() + patience;
  MutexLock lock(mutex_);
  while (!closed_ && held_.size() >= capacity) {
    const absl::Duration left = end - Clock::Real().Now();
    if (left <= absl::ZeroDuration()) return false;
    changed_.WaitFor(mutex_, left);
  }
  return !closed_;
}

bool LeaseBoard::AwaitEmpty(absl::Duration patience) {
  const absl::Time end = Clock::Real().Now() + patience;
  MutexLock lock(mutex_);
  while (!closed_ && !held_.empty()) {
    const absl::Duration left = end - Clock::Real().Now();
    if (left <= absl::ZeroDuration()) break;
    changed_.WaitFor(mutex_, left);
  }
  return held_.empty();
}

void LeaseBoard::Close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.NotifyAll();
}

}  // namespace mdrl
