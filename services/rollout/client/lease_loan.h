// A lease as a value that gives itself back: whoever drops it has returned it.
//
//   LeaseLoan loan(lease, returns);   // from the learner
//   ...
//   loan.Settle();                    // submitted: nothing to give back
#ifndef MDRL_SERVICES_ROLLOUT_CLIENT_LEASE_LOAN_H_
#define MDRL_SERVICES_ROLLOUT_CLIENT_LEASE_LOAN_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/record/lease.h"
#include "common/record/reason.h"
#include "common/record/rollout_calls.h"
#include "common/sync/mutex.h"

namespace mdrl {

// What is to be given back. Dropping a loan never waits for the network:
// the heartbeat empties this box. Thread-safe.
class ReturnBox {
 public:
  // `on_put` runs after each Put(), on that thread, with no lock held.
  explicit ReturnBox(std::function<void()> on_put = [] {})
      : on_put_(std::move(on_put)) {}

  void Put(ReturnLeaseRequest::Returned returned) MDRL_EXCLUDES(mutex_);
  // Everything so far; the box is empty afterwards.
  std::vector<ReturnLeaseRequest::Returned> TakeAll() MDRL_EXCLUDES(mutex_);

 private:
  const std::function<void()> on_put_;
  Mutex mutex_;
  std::vector<ReturnLeaseRequest::Returned> returned_ MDRL_GUARDED_BY(mutex_);
};

// Move-only. Not thread-safe; one thread at a time has it.
class LeaseLoan {
 public:
  LeaseLoan(Lease lease, std::shared_ptr<ReturnBox> box)
      : lease_(std::move(lease)), box_(std::move(box)) {}
  ~LeaseLoan();
  LeaseLoan(LeaseLoan&& other) noexcept = default;
  LeaseLoan& operator=(LeaseLoan&& other) noexcept;
  LeaseLoan(const LeaseLoan&) = delete;
  LeaseLoan& operator=(const LeaseLoan&) = delete;

  const Lease& lease() const { return lease_; }
  const LeaseKey& key() const { return lease_.key; }

  // Why it would go back if it were dropped now; CANCELLED at first.
  void BlameOn(Reason reason, std::string detail = "");

  // It was submitted, or the learner took it back: nothing is returned.
  void Settle() { box_ = nullptr; }

 private:
  void GiveBack();

  Lease lease_;
  std::shared_ptr<ReturnBox> box_;  // null once settled or moved from
  Reason reason_ = Reason::kCancelled;
  std::string detail_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_CLIENT_LEASE_LOAN_H_
