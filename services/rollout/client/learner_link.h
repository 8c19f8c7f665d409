// What the rollout needs of its learner and of the reward services, call by
// call, in plain values.
//
// LearnerClient and RewardClient speak gRPC; tests and the loop in one process
// join the worker by direct calls instead. Neither retries for ever: an error
// that comes back has outlived the call's own retries.
#ifndef MDRL_SERVICES_ROLLOUT_CLIENT_LEARNER_LINK_H_
#define MDRL_SERVICES_ROLLOUT_CLIENT_LEARNER_LINK_H_

#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/policy/assembly.h"
#include "common/record/rollout_calls.h"
#include "common/record/snapshot.h"

namespace mdrl {

// A manifest as it was sent: hashed before it is believed.
struct ManifestBytes {
  std::string bytes;
  Digest sha256;
};

// Thread-safe. Every call blocks until its answer, its deadline or Cancel().
//
// Codes: Cancelled after Cancel(); Unavailable or DeadlineExceeded when the
// learner cannot be reached; Aborted when it no longer knows this
// registration (register again); FailedPrecondition when the request will
// never be taken; the rest as docs/protocol.md says.
class LearnerLink {
 public:
  virtual ~LearnerLink() = default;

  virtual absl::StatusOr<RegisterReply> Register(
      const RegisterRequest& request) = 0;
  // A long poll of up to request.wait.
  virtual absl::StatusOr<LeaseReply> Lease(const LeaseRequest& request) = 0;
  virtual absl::StatusOr<RenewReply> Renew(const RenewRequest& request) = 0;
  virtual absl::StatusOr<SubmitGroupReply> SubmitGroup(
      const SubmitGroupRequest& request) = 0;
  virtual absl::StatusOr<ReturnLeaseReply> ReturnLease(
      const ReturnLeaseRequest& request) = 0;

  // The next event of the policy stream: at first the present state, then
  // each change; only the newest is kept for a slow reader. After an error the
  // next call opens the stream anew. One caller at a time.
  virtual absl::StatusOr<PolicyEvent> NextPolicyEvent() = 0;
  // By version, by hash, or both. NotFound: no longer retained.
  virtual absl::StatusOr<ManifestBytes> GetManifest(
      const PolicyRef& policy) = 0;
  // Hands each chunk of `ranges` to `sink`, in any order, until all were
  // accepted or one was not. What was accepted before an error stays accepted.
  virtual absl::Status FetchChunks(const Digest& manifest_sha256,
                                   std::span<const ChunkRange> ranges,
                                   ChunkSink& sink) = 0;

  // Ends every call in progress and all later ones with Cancelled.
  virtual void Cancel() = 0;
};

// Thread-safe, as above. ResourceExhausted: the queue is full; InvalidArgument:
// an unknown task, rubric or weight.
class RewardLink {
 public:
  virtual ~RewardLink() = default;
  virtual absl::StatusOr<ScoreReply> Score(const ScoreRequest& request) = 0;
  virtual absl::StatusOr<TaskListing> ListTasks() = 0;
  virtual void Cancel() = 0;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_CLIENT_LEARNER_LINK_H_
