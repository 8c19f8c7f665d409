// Watches the learner's policies, fetches and verifies them, and keeps the last
// few for the worker.
//
// Two threads: one waits for events, one fetches. Whatever fails, what was
// verified before stays available; fetches are tried again with growing pauses.
#ifndef MDRL_SERVICES_ROLLOUT_POLICY_POLICY_FOLLOWER_H_
#define MDRL_SERVICES_ROLLOUT_POLICY_POLICY_FOLLOWER_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/policy/assembly.h"
#include "common/record/rollout_calls.h"
#include "common/record/snapshot.h"
#include "common/sync/mutex.h"
#include "services/rollout/client/learner_link.h"
#include "services/rollout/policy/policy_metrics.h"

namespace mdrl {

struct FollowerOptions {
  uint32_t kept = 2;                 // verified policies held at a time
  uint64_t max_bytes = 64ull << 30;  // of one policy
  absl::Duration first_pause = absl::Milliseconds(200);
  absl::Duration longest_pause = absl::Seconds(10);
  PolicyMetrics* metrics = nullptr;  // counts; outlives the follower
};

// Thread-safe.
class PolicyFollower {
 public:
  // `link` outlives the follower. REQUIRES: options.kept > 0.
  PolicyFollower(LearnerLink& link, ManifestCodec codec,
                 FollowerOptions options);
  ~PolicyFollower() { Close(); }
  PolicyFollower(const PolicyFollower&) = delete;
  PolicyFollower& operator=(const PolicyFollower&) = delete;

  // After each registration; the first call lets the threads begin. What is
  // kept serves a new epoch only once that epoch's learner has named it again;
  // until then it is a source of chunks.
  void BeginEpoch(const RunId& run_id, const Digest& base_model_hash,
                  const PolicyRef& newest) MDRL_EXCLUDES(mutex_);

  // Blocks until version `version` is verified here. NotFound: the learner no
  // longer has it; DeadlineExceeded after `patience`; Cancelled once
  // `*given_up` (looked at several times a second) or after Close().
  absl::StatusOr<std::shared_ptr<const Snapshot>> Exactly(
      Version version, absl::Duration patience,
      const std::atomic<bool>* given_up = nullptr) MDRL_EXCLUDES(mutex_);
  // The newest policy verified, as soon as it is `oldest` or newer. As above.
  absl::StatusOr<std::shared_ptr<const Snapshot>> AtLeast(
      Version oldest, absl::Duration patience,
      const std::atomic<bool>* given_up = nullptr) MDRL_EXCLUDES(mutex_);

  // The worker's part of a policy's way: STAGED, USABLE, ACTIVE or FAILED.
  void Report(const PolicyRef& policy, RenewRequest::Stage stage,
              const std::string& failure = "") MDRL_EXCLUDES(mutex_);

  // For Renew and Register.
  PolicyRef active() const MDRL_EXCLUDES(mutex_);
  std::vector<PolicyRef> Resident() const MDRL_EXCLUDES(mutex_);
  std::vector<RenewRequest::Staging> Staging() const MDRL_EXCLUDES(mutex_);
  // Never falls: what moves while a lease waits for its policy.
  uint64_t bytes_ever() const { return bytes_ever_.load(); }
  // Failed fetches since the last that succeeded.
  int failures_in_row() const MDRL_EXCLUDES(mutex_);

  // Wakes all who wait and ends the threads. The link must have been cancelled,
  // or its calls end by themselves. May be repeated.
  void Close() MDRL_EXCLUDES(mutex_);

 private:
  class WatchedSink;
  struct Target {
    PolicyRef policy;
    uint64_t generation = 0;
    bool exact = false;  // somebody waits for this very version
  };

  void WatchLoop();
  void FetchLoop();
  // The next thing to fetch; nullopt once closed.
  std::optional<Target> AwaitTarget() MDRL_EXCLUDES(mutex_);
  std::optional<Target> ChooseLocked() const MDRL_REQUIRES(mutex_);
  absl::StatusOr<std::shared_ptr<const Snapshot>> Fetch(const Target& target);
  absl::Status CheckOwner(const Manifest& manifest) const MDRL_EXCLUDES(mutex_);
  // Whether fetching `target` is still worth it.
  bool StillWanted(const Target& target) const MDRL_EXCLUDES(mutex_);
  bool StillWantedLocked(const Target& target) const MDRL_REQUIRES(mutex_);
  void Keep(const Target& target, std::shared_ptr<const Snapshot> snapshot)
      MDRL_EXCLUDES(mutex_);
  void NoteFailure(const Target& target, const absl::Status& status)
      MDRL_EXCLUDES(mutex_);
  // Waits for `pause`, or until `target` (if any) is no longer wanted; false
  // once closed.
  bool Pause(absl::Duration pause, const Target* target) MDRL_EXCLUDES(mutex_);
  std::vector<std::shared_ptr<const Snapshot>> Sources() const
      MDRL_EXCLUDES(mutex_);
  void StageLocked(const PolicyRef& policy, RenewRequest::Stage stage,
                   const std::string& failure) MDRL_REQUIRES(mutex_);

  LearnerLink& link_;
  const ManifestCodec codec_;
  const FollowerOptions options_;
  std::atomic<uint64_t> bytes_ever_{0};
  std::atomic<uint64_t> fetch_done_{0};  // bytes of the fetch in progress

  // A fetch that broke off goes on where it was. Of the fetching thread alone.
  std::unique_ptr<SnapshotAssembly> unfinished_;
  Digest unfinished_sha256_;

  mutable Mutex mutex_;
  Condition changed_;
  bool begun_ MDRL_GUARDED_BY(mutex_) = false;
  bool closed_ MDRL_GUARDED_BY(mutex_) = false;
  uint64_t generation_ MDRL_GUARDED_BY(mutex_) = 0;  // counts BeginEpoch
  RunId run_id_ MDRL_GUARDED_BY(mutex_);
  Digest base_model_hash_ MDRL_GUARDED_BY(mutex_);
  std::optional<PolicyRef> announced_ MDRL_GUARDED_BY(mutex_);
  // When, until it is active.
  std::optional<absl::Time> announced_at_ MDRL_GUARDED_BY(mutex_);
  std::map<Version, std::shared_ptr<const Snapshot>> kept_
      MDRL_GUARDED_BY(mutex_);
  // Of an earlier epoch: bytes, but not to be decoded with.
  std::vector<std::shared_ptr<const Snapshot>> sources_ MDRL_GUARDED_BY(mutex_);
  std::map<Version, int> wanted_ MDRL_GUARDED_BY(mutex_);  // waiters
  std::map<Version, absl::Status> refused_ MDRL_GUARDED_BY(mutex_);
  std::map<Version, RenewRequest::Staging> staging_ MDRL_GUARDED_BY(mutex_);
  PolicyRef active_ MDRL_GUARDED_BY(mutex_);
  int failures_ MDRL_GUARDED_BY(mutex_) = 0;

  Mutex join_mutex_;
  std::thread watcher_ MDRL_GUARDED_BY(join_mutex_);
  std::thread fetcher_ MDRL_GUARDED_BY(join_mutex_);
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_POLICY_POLICY_FOLLOWER_H_
