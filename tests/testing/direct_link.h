// A learner's front desk and the reward service's scoring as links: the loop in
// one process, without gRPC.
//
// Thread-safe. Calls that the desk parks end at once with Cancel(); an answer
// that comes later is dropped.
#ifndef MDRL_TESTS_TESTING_DIRECT_LINK_H_
#define MDRL_TESTS_TESTING_DIRECT_LINK_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/record/rollout_calls.h"
#include "common/sync/mutex.h"
#include "services/learner/desk/front_desk.h"
#include "services/rollout/client/learner_link.h"

namespace mdrl {

// Joins one worker. `desk` outlives it.
class DirectLearnerLink : public LearnerLink {
 public:
  explicit DirectLearnerLink(FrontDesk& desk) : desk_(desk) {}
  ~DirectLearnerLink() override;

  absl::StatusOr<RegisterReply> Register(
      const RegisterRequest& request) override;
  absl::StatusOr<LeaseReply> Lease(const LeaseRequest& request) override;
  absl::StatusOr<RenewReply> Renew(const RenewRequest& request) override;
  absl::StatusOr<SubmitGroupReply> SubmitGroup(
      const SubmitGroupRequest& request) override;
  absl::StatusOr<ReturnLeaseReply> ReturnLease(
      const ReturnLeaseRequest& request) override;
  absl::StatusOr<PolicyEvent> NextPolicyEvent() override;
  absl::StatusOr<ManifestBytes> GetManifest(const PolicyRef& policy) override;
  absl::Status FetchChunks(const Digest& manifest_sha256,
                           std::span<const ChunkRange> ranges,
                           ChunkSink& sink) override;
  void Cancel() override;

 private:
  // Wakes whoever waits for an answer. Shared, because the desk may answer
  // after the link is gone.
  struct Bell {
    Mutex mutex;
    Condition changed;
    bool cancelled MDRL_GUARDED_BY(mutex) = false;
  };
  // Starts a call with its answer's callback and waits.
  template <typename Reply>
  absl::StatusOr<Reply> Await(
      const std::function<void(std::function<void(absl::StatusOr<Reply>)>)>&
          start);

  FrontDesk& desk_;
  const std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  std::optional<SnapshotStore::WatcherId> watcher_;  // of the watching thread
};

// `score` and `list` are ScoreTexts and ListTasks of services/reward/scoring.h,
// handed in so that this needs no verifier.
class DirectRewardLink : public RewardLink {
 public:
  using ScoreFunction =
      std::function<absl::StatusOr<ScoreReply>(const ScoreRequest&)>;
  DirectRewardLink(ScoreFunction score, std::function<TaskListing()> list)
      : score_(std::move(score)), list_(std::move(list)) {}

  absl::StatusOr<ScoreReply> Score(const ScoreRequest& request) override {
    if (cancelled_.load()) return absl::CancelledError("cancelled");
    return score_(request);
  }
  absl::StatusOr<TaskListing> ListTasks() override {
    if (cancelled_.load()) return absl::CancelledError("cancelled");
    return list_();
  }
  void Cancel() override { cancelled_.store(true); }

 private:
  const ScoreFunction score_;
  const std::function<TaskListing()> list_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace mdrl

#endif  // MDRL_TESTS_TESTING_DIRECT_LINK_H_
