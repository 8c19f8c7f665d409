// The threads that decode: each takes a batch of leases, waits for its policy,
// decodes, and hands the groups to the scorer.
//
// Torch-free by way of Engine. A group's tokens depend on its lease and its
// policy alone: not on the lane, nor on the batch it happens to share.
#ifndef MDRL_SERVICES_ROLLOUT_LANES_H_
#define MDRL_SERVICES_ROLLOUT_LANES_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/record/group.h"
#include "common/record/lease.h"
#include "common/sync/mutex.h"
#include "services/rollout/engine.h"
#include "services/rollout/lease_queue.h"
#include "services/rollout/policy/policy_follower.h"
#include "services/rollout/policy_shelf.h"
#include "services/rollout/rollout_metrics.h"
#include "services/rollout/scorer.h"
#include "services/rollout/worker_stats.h"

namespace mdrl {

struct LaneOptions {
  uint32_t lanes = 1;
  uint32_t max_rows = 128;  // completions in one forward
  absl::Duration policy_wait = absl::Seconds(200);
  Build build;
  std::string device;
  // What the reward service is to read of a completion. Thread-safe.
  std::function<std::string(const Lease&, const Completion&)> text_of;
};

// What the lanes use; all outlive them.
struct LaneParts {
  LeaseQueue& queue;
  PolicyFollower& follower;
  PolicyShelf& shelf;
  Engine& engine;
  Scorer& scorer;
  WorkerStats& stats;
  RolloutMetrics& metrics;
};

// Thread-safe.
class Lanes {
 public:
  Lanes(const LaneParts& parts, LaneOptions options);
  ~Lanes() { Close(); }
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  // Decoding stops at the next step; its leases go back.
  void StopDecoding() { stopping_.store(true); }

  // Stops and waits for the threads. REQUIRES: the queue is closed.
  void Close();

 private:
  // Prompt length, canvas and block: what a forward's shape depends on.
  using Shape = std::tuple<size_t, uint32_t, uint32_t>;

  void Loop();
  void Decode(std::vector<HeldLoan> batch);
  // Waits for the policy that all of `batch` may use, and loads it.
  absl::StatusOr<std::shared_ptr<const LoadedPolicy>> AwaitPolicy(
      std::vector<HeldLoan>& batch, PolicyRef& ref);
  void DecodeTogether(const LoadedPolicy& policy, Version version,
                      std::vector<HeldLoan> batch);
  bool MayShare(const LoadedPolicy& policy, const Lease& lease)
      MDRL_EXCLUDES(mutex_);
  void HandOver(HeldLoan loan, std::vector<Completion> completions,
                Version version, absl::Duration took);

  const LaneParts parts_;
  const LaneOptions options_;
  std::atomic<bool> stopping_{false};
  Mutex mutex_;
  std::map<Shape, bool> may_share_ MDRL_GUARDED_BY(mutex_);
  Mutex join_mutex_;
  std::vector<std::thread> threads_ MDRL_GUARDED_BY(join_mutex_);
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_LANES_H_
