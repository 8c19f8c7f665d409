// From decoded groups to submitted ones, beside the lanes: score, then submit.
//
// Torch-free. A few threads, so that one waiting for the ledger's commit does
// not hold up the next; the queue before them has room for every lease the
// worker may hold, so lanes never wait for it.
#ifndef MDRL_SERVICES_ROLLOUT_SCORER_H_
#define MDRL_SERVICES_ROLLOUT_SCORER_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/record/group.h"
#include "common/record/rollout_calls.h"
#include "common/sync/bounded_queue.h"
#include "services/rollout/client/learner_link.h"
#include "services/rollout/lease_board.h"
#include "services/rollout/rollout_metrics.h"
#include "services/rollout/session.h"
#include "services/rollout/worker_stats.h"

namespace mdrl {

struct DecodedGroup {
  HeldLoan held;
  Group group;                             // without scores
  std::vector<std::string> texts;          // of its completions, in index order
  absl::Time since = Clock::Real().Now();  // when it came into the queue
};

struct ScorerOptions {
  uint32_t threads = 4;
  uint32_t capacity = 128;  // groups in the queue
  absl::Duration first_pause = absl::Milliseconds(200);
  absl::Duration longest_pause = absl::Seconds(5);
};

// What the scorer uses; all outlive it.
struct ScorerParts {
  LearnerLink& learner;
  RewardLink& reward;
  Session& session;
  LeaseBoard& board;
  WorkerStats& stats;
  RolloutMetrics& metrics;
};

// Puts the scores of `reply` into `group`; `failure_reward`, if any, replaces
// the reward of a completion whose outcome is not kScored: its components stay
// as measurements. DataLoss if the reply lacks a completion, names one twice or
// breaks "no reward iff SERVICE_ERROR"; Unavailable if an item is a
// SERVICE_ERROR.
absl::Status TakeScores(const ScoreReply& reply,
                        std::optional<double> failure_reward, Group& group);

// Thread-safe.
class Scorer {
 public:
  Scorer(const ScorerParts& parts, const ScorerOptions& options);
  ~Scorer() { Close(); }
  Scorer(const Scorer&) = delete;
  Scorer& operator=(const Scorer&) = delete;

  // Takes the group over. An infrastructure failure is never a reward: scoring
  // is tried until the lease's group_deadline, then the lease goes back.
  void Put(DecodedGroup group) { queue_.Push(std::move(group)); }

  // What fails from now on is given back instead of tried again.
  void StopHolding() { holding_.store(false); }

  size_t waiting() const { return queue_.size(); }

  // Ends the threads once the queue is empty. Returns soon if the links are
  // cancelled and the session closed. May be repeated.
  void Close();

 private:
  void Loop();
  void Handle(DecodedGroup group);
  absl::Status Score(DecodedGroup& decoded, absl::Time deadline);
  absl::Status Submit(DecodedGroup& decoded, absl::Time deadline);
  // Waits before another try. Cancelled or DeadlineExceeded if there is none.
  absl::Status AwaitNextTry(const DecodedGroup& decoded, absl::Time deadline,
                            absl::Duration& pause);

  const ScorerParts parts_;
  const ScorerOptions options_;
  std::atomic<bool> holding_{true};
  BoundedQueue<DecodedGroup> queue_;
  Mutex join_mutex_;
  std::vector<std::thread> threads_ MDRL_GUARDED_BY(join_mutex_);
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_SCORER_H_
