// A rollout worker: register, follow the policy, lease, decode, score, submit.
//
//   consumes    leases, and policies as they are published
//   produces    scored groups
//   waits for   a registration, a lease, a policy
//   unblocks    the learner's round
//
// Threads: Run()'s own (registers and leases), the lanes, the scorer's, the
// heartbeat, and the follower's two. Each part is a file of its own here.
#ifndef MDRL_SERVICES_ROLLOUT_WORKER_H_
#define MDRL_SERVICES_ROLLOUT_WORKER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/metrics/registry.h"
#include "common/record/group.h"
#include "common/record/rollout_calls.h"
#include "common/record/snapshot.h"
#include "common/sync/mutex.h"
#include "services/rollout/client/learner_link.h"
#include "services/rollout/engine.h"
#include "services/rollout/heartbeat.h"
#include "services/rollout/lanes.h"
#include "services/rollout/lease_board.h"
#include "services/rollout/lease_queue.h"
#include "services/rollout/policy/policy_follower.h"
#include "services/rollout/policy_shelf.h"
#include "services/rollout/rollout_metrics.h"
#include "services/rollout/scorer.h"
#include "services/rollout/session.h"
#include "services/rollout/worker_stats.h"

namespace mdrl {

struct WorkerOptions {
  std::string name;  // stable over restarts; one live worker per name
  BootId boot_id;
  Build build;
  std::string device = "cpu";
  uint64_t device_bytes = 0;
  Digest base_model_hash;
  Digest tokenizer_hash;

  uint32_t lanes = 1;
  uint32_t max_rows = 128;  // completions in one forward
  uint32_t capacity = 0;    // leases held at a time; 0: two full batches
  uint32_t scorer_threads = 4;
  uint32_t policies_kept = 2;

  absl::Duration heartbeat = absl::Seconds(1);
  absl::Duration lease_wait = absl::Seconds(20);
  absl::Duration policy_wait = absl::Seconds(200);
  absl::Duration warmup = absl::Seconds(300);
  absl::Duration reconnect_for = absl::Seconds(1800);
  absl::Duration first_pause = absl::Milliseconds(200);
  absl::Duration longest_pause = absl::Seconds(5);
  absl::Duration grace = absl::Seconds(5);  // for Close() to give leases back

  ManifestCodec manifest_codec;
  // What the reward service is to read of a completion. Thread-safe.
  std::function<std::string(const Lease&, const Completion&)> text_of;
  RolloutMetrics* metrics = nullptr;  // counts; outlives the worker
  // Told when the worker becomes ready (registered with an active policy) and
  // when it no longer is. On the worker's threads; may be empty.
  std::function<void(bool)> on_ready;
};

// Thread-safe.
class RolloutWorker {
 public:
  // The links and the engine outlive the worker.
  RolloutWorker(WorkerOptions options, LearnerLink& learner, RewardLink& reward,
                Engine& engine);
  // As Close() without grace.
  ~RolloutWorker();
  RolloutWorker(const RolloutWorker&) = delete;
  RolloutWorker& operator=(const RolloutWorker&) = delete;

  // Blocks until Close(), or until the learner asked for a drain and nothing
  // is held any more: OK. Unavailable (PEER_UNREACHABLE): a peer was out of
  // reach for `reconnect_for`. FailedPrecondition: the learner refuses this
  // worker for good. REQUIRES: called once.
  absl::Status Run();

  // Starts nothing new, gives back what is not decoded, delivers what is within
  // the grace, cancels the links and ends Run(). May be repeated.
  void Close() { Stop(options_.grace); }

  const WorkerStats& stats() const { return stats_; }
  // Sets the gauges that a scrape reads; to be called before each.
  void RefreshMetrics();

 private:
  // The first caller stops; others wait until it has.
  void Stop(absl::Duration grace) MDRL_EXCLUDES(stop_mutex_);
  void JoinAll();
  absl::Status Serve();
  // Blocks until the reward services have listed their tasks.
  absl::StatusOr<std::vector<RegisterRequest::Scorer>> AwaitScorers();
  absl::StatusOr<RegisterReply> Register();
  // Waits for the first policy and loads it.
  absl::Status WarmUp();
  // Leases until the registration is lost (OK), the end, or out of reach.
  absl::Status LeaseUntilLost(const Caller& caller);
  uint32_t capacity() const;
  bool Ending() const { return closing_.load() || heartbeat_.drain_asked(); }
  // Waits after a failed call; Unavailable once it has failed for too long.
  absl::Status PauseAfter(const absl::Status& failure, absl::Time since,
                          absl::Duration& pause);
  void TellReady(bool ready);

  // Where nobody scrapes.
  struct UnreadMetrics {
    Registry registry;
    RolloutMetrics metrics{registry, {}};
  };

  const WorkerOptions options_;
  const std::unique_ptr<UnreadMetrics> unread_;  // or null
  RolloutMetrics& metrics_;
  LearnerLink& learner_;
  RewardLink& reward_;

  std::atomic<bool> closing_{false};
  Mutex stop_mutex_;
  Condition stop_changed_;
  bool stopped_ MDRL_GUARDED_BY(stop_mutex_) = false;
  uint64_t life_ = 0;  // of Run()'s thread
  WorkerStats stats_;
  Session session_;
  LeaseBoard board_;
  PolicyFollower follower_;
  LeaseQueue queue_;
  Heartbeat heartbeat_;
  PolicyShelf shelf_;
  Scorer scorer_;
  Lanes lanes_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_WORKER_H_
