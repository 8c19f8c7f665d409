#include "services/rollout/lease_queue.h"

#include <algorithm>
#include <utility>

namespace mdrl {

bool MayShareForward(const Lease& a, const Lease& b) {
  return a.prompt_tokens.size() == b.prompt_tokens.size() &&
         a.exact_version == b.exact_version && a.decode == b.decode;
}

void LeaseQueue::Put(std::vector<HeldLoan> loans) {
  {
    MutexLock lock(mutex_);
    if (!closed_) {
      for (HeldLoan& loan : loans) waiting_.push_back(std::move(loan));
      loans.clear();
    }
  }
  changed_.NotifyAll();
}

std::optional<std::vector<HeldLoan>> LeaseQueue::TakeBatch() {
  while (true) {
    std::vector<HeldLoan> revoked;  // dropped after the lock
    MutexLock lock(mutex_);
    ++idle_;
    while (!closed_ && (paused_ || waiting_.empty())) changed_.Wait(mutex_);
    revoked = TakeRevokedLocked();
    std::vector<HeldLoan> batch;
    if (!closed_ && !waiting_.empty()) batch = TakeBatchLocked();
    --idle_;
    if (closed_) return std::nullopt;
    if (!batch.empty()) return batch;
  }
}

void LeaseQueue::SetPaused(bool paused) {
  {
    MutexLock lock(mutex_);
    paused_ = paused;
  }
  changed_.NotifyAll();
}

void LeaseQueue::SetShared(bool shared) {
  MutexLock lock(mutex_);
  shared_ = shared;
}

void LeaseQueue::Close() {
  std::deque<HeldLoan> dropped;
  {
    MutexLock lock(mutex_);
    closed_ = true;
    dropped.swap(waiting_);
  }
  changed_.NotifyAll();
}

std::vector<HeldLoan> LeaseQueue::TakeRevokedLocked() {
  std::vector<HeldLoan> revoked;
  std::deque<HeldLoan> kept;
  for (HeldLoan& loan : waiting_) {
    if (loan.held->revoked.load()) {
      revoked.push_back(std::move(loan));
    } else {
      kept.push_back(std::move(loan));
    }
  }
  waiting_.swap(kept);
  return revoked;
}

std::vector<HeldLoan> LeaseQueue::TakeBatchLocked() {
  std::vector<HeldLoan> batch;
  const size_t fitting =
      std::count_if(waiting_.begin(), waiting_.end(), [&](const HeldLoan& x) {
        return MayShareForward(waiting_.front().loan.lease(), x.loan.lease());
      });
  const size_t share = shared_ ? (fitting + idle_ - 1) / idle_ : 1;
  uint64_t rows = 0;
  std::deque<HeldLoan> left;
  for (HeldLoan& loan : waiting_) {
    const Lease& lease = loan.loan.lease();
    const bool joins =
        batch.empty() ||
        (batch.size() < share && rows + lease.group_size <= max_rows_ &&
         MayShareForward(batch.front().loan.lease(), lease));
    if (joins) rows += lease.group_size;
    (joins ? batch.push_back(std::move(loan))
           : left.push_back(std::move(loan)));
  }
  waiting_.swap(left);
  return batch;
}

}  // namespace mdrl
