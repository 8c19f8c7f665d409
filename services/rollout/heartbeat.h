// Tells the learner each second what the worker holds, and acts on its answer.
//
// The only caller of Renew and ReturnLease. Torch-free; its thread is a
// PeriodicTask.
#ifndef MDRL_SERVICES_ROLLOUT_HEARTBEAT_H_
#define MDRL_SERVICES_ROLLOUT_HEARTBEAT_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "common/record/rollout_calls.h"
#include "common/sync/periodic_task.h"
#include "services/rollout/client/learner_link.h"
#include "services/rollout/client/lease_loan.h"
#include "services/rollout/lease_board.h"
#include "services/rollout/lease_queue.h"
#include "services/rollout/policy/policy_follower.h"
#include "services/rollout/session.h"
#include "services/rollout/worker_stats.h"

namespace mdrl {

// What the heartbeat reads and moves; all outlive it.
struct HeartbeatParts {
  LearnerLink& link;
  Session& session;
  LeaseBoard& board;
  LeaseQueue& queue;
  PolicyFollower& follower;
  WorkerStats& stats;
};

// Thread-safe.
class Heartbeat {
 public:
  Heartbeat(const HeartbeatParts& parts, absl::Duration period);
  ~Heartbeat() { Close(); }

  // Dropped loans come here and are returned soon.
  const std::shared_ptr<ReturnBox>& box() const { return box_; }

  void SetState(RenewRequest::Worker state) { state_.store(state); }
  // The learner asked for it; stays true.
  bool drain_asked() const { return drain_asked_.load(); }

  // A beat on the caller's thread: the learner knows when it returns.
  void BeatNow() { Beat(); }
  // A beat soon: something changed that the learner waits for.
  void BeatSoon() { task_.RunSoon(); }
  // Returns what lies in the box now, on the caller's thread.
  void ReturnNow();

  void Close() { task_.Close(); }

 private:
  void Beat();
  void Renew(const Session::Current& current);

  const HeartbeatParts parts_;
  std::atomic<RenewRequest::Worker> state_{RenewRequest::Worker::kWarming};
  std::atomic<bool> drain_asked_{false};
  std::atomic<int64_t> last_answer_ns_;  // since the epoch
  std::atomic<int64_t> lease_for_ns_;
  // Loans must be dropped before the heartbeat goes: the box wakes the task.
  const std::shared_ptr<ReturnBox> box_;
  PeriodicTask task_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_HEARTBEAT_H_
