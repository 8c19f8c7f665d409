// Everything the worker holds, as the heartbeat reports it and the learner may
// revoke it.
//
// Thread-safe. A HeldLease is shared by the board and whoever works on the
// lease; its fields are atomics, so neither waits for the other.
#ifndef MDRL_SERVICES_ROLLOUT_LEASE_BOARD_H_
#define MDRL_SERVICES_ROLLOUT_LEASE_BOARD_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "absl/time/time.h"
#include "common/record/lease.h"
#include "common/record/rollout_calls.h"
#include "common/sync/mutex.h"
#include "services/rollout/client/lease_loan.h"

namespace mdrl {

struct HeldLease {
  HeldLease(const LeaseKey& key, absl::Time granted)
      : key(key), granted(granted) {}

  void Enter(RenewRequest::Phase next) {
    waits_for.store(Reason::kUnspecified);
    phase.store(next);
    progress.fetch_add(1);
  }

  const LeaseKey key;
  const absl::Time granted;
  std::atomic<RenewRequest::Phase> phase{RenewRequest::Phase::kQueued};
  // Grows with every decode step, attempt and change of phase.
  std::atomic<uint64_t> progress{0};
  std::atomic<uint64_t> progress_total{0};
  // Why it does not go on in its phase, where there is a reason but time.
  std::atomic<Reason> waits_for{Reason::kUnspecified};
  // The learner wants it no more: stop at the next step.
  std::atomic<bool> revoked{false};
};

// A lease on its way through the worker.
struct HeldLoan {
  LeaseLoan loan;
  std::shared_ptr<HeldLease> held;
};

class LeaseBoard {
 public:
  // The leases of lease call number `call`, from now on held. What is listed
  // and the number seen change together, or the learner would take a lease for
  // undelivered. Those of a reply that came twice are left out.
  std::vector<HeldLoan> Granted(uint64_t call, std::vector<Lease> leases,
                                std::shared_ptr<ReturnBox> box, absl::Time now)
      MDRL_EXCLUDES(mutex_);

  // It was submitted or given back.
  void Remove(const LeaseKey& key) MDRL_EXCLUDES(mutex_);

  void Revoke(const LeaseKey& key) MDRL_EXCLUDES(mutex_);
  // After a registration: whatever is not among `adopted` is revoked, and
  // lease calls count from 0 again.
  void KeepOnly(std::span<const LeaseKey> adopted) MDRL_EXCLUDES(mutex_);
  void RevokeAll() MDRL_EXCLUDES(mutex_);

  // Fills `leases` and `lease_call_seen`. `policy_bytes` is what moves for
  // those that wait for their policy. A call to the reward service or the
  // learner ends by its own deadline, so its waiting counts as movement.
  void Describe(uint64_t policy_bytes, RenewRequest& request) const
      MDRL_EXCLUDES(mutex_);
  std::vector<LeaseKey> Keys() const MDRL_EXCLUDES(mutex_);
  uint32_t size() const MDRL_EXCLUDES(mutex_);

  // Blocks until fewer than `capacity` are held; false after `patience` or
  // Close().
  bool AwaitRoom(uint32_t capacity, absl::Duration patience)
      MDRL_EXCLUDES(mutex_);
  // Blocks until nothing is held, `patience` is over, or Close().
  bool AwaitEmpty(absl::Duration patience) MDRL_EXCLUDES(mutex_);
  void Close() MDRL_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  Condition changed_;
  std::map<LeaseKey, std::shared_ptr<HeldLease>> held_ MDRL_GUARDED_BY(mutex_);
  uint64_t call_seen_ MDRL_GUARDED_BY(mutex_) = 0;
  mutable uint64_t described_ MDRL_GUARDED_BY(mutex_) = 0;
  bool closed_ MDRL_GUARDED_BY(mutex_) = false;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_LEASE_BOARD_H_
