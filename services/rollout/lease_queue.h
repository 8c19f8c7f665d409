// Leases that wait for a lane, and which of them may share a forward.
//
// Thread-safe. Rows of one forward have prompts of one length, one policy and
// one way of decoding: then a row's numbers do not depend on its company
// (checked at start, see lane.h), and many small groups are as cheap as one.
#ifndef MDRL_SERVICES_ROLLOUT_LEASE_QUEUE_H_
#define MDRL_SERVICES_ROLLOUT_LEASE_QUEUE_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "common/record/lease.h"
#include "common/sync/mutex.h"
#include "services/rollout/lease_board.h"

namespace mdrl {

// Whether the groups of two leases may be decoded side by side.
bool MayShareForward(const Lease& a, const Lease& b);

class LeaseQueue {
 public:
  // A batch has at most `max_rows` completions, but always one lease.
  explicit LeaseQueue(uint32_t max_rows) : max_rows_(max_rows) {}

  // Dropped, thus given back, if the queue is closed.
  void Put(std::vector<HeldLoan> loans) MDRL_EXCLUDES(mutex_);

  // Blocks for the first lease in line and takes with it others that may share
  // its forward: as many as are an idle lane's share of them. Revoked leases go
  // back unseen. nullopt once closed.
  std::optional<std::vector<HeldLoan>> TakeBatch() MDRL_EXCLUDES(mutex_);

  size_t waiting() MDRL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return waiting_.size();
  }

  // While paused nothing new starts: the learner has gone silent.
  void SetPaused(bool paused) MDRL_EXCLUDES(mutex_);
  // One lease per batch from now on, or many.
  void SetShared(bool shared) MDRL_EXCLUDES(mutex_);

  // Gives everything back that waits, and wakes the lanes. May be repeated.
  void Close() MDRL_EXCLUDES(mutex_);

 private:
  std::vector<HeldLoan> TakeRevokedLocked() MDRL_REQUIRES(mutex_);
  std::vector<HeldLoan> TakeBatchLocked() MDRL_REQUIRES(mutex_);

  const uint32_t max_rows_;
  Mutex mutex_;
  Condition changed_;
  std::deque<HeldLoan> waiting_ MDRL_GUARDED_BY(mutex_);
  uint32_t idle_ MDRL_GUARDED_BY(mutex_) = 0;  // lanes that wait
  bool shared_ MDRL_GUARDED_BY(mutex_) = true;
  bool paused_ MDRL_GUARDED_BY(mutex_) = false;
  bool closed_ MDRL_GUARDED_BY(mutex_) = false;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_LEASE_QUEUE_H_
