// The learner over gRPC.
//
// One connection for control (Register, Lease, Renew, ReturnLease,
// WatchPolicy), others for data (SubmitGroup, GetManifest, FetchChunks), so
// that bytes never delay a heartbeat. Deadlines and retries: docs/protocol.md.
#ifndef MDRL_SERVICES_ROLLOUT_CLIENT_LEARNER_CLIENT_H_
#define MDRL_SERVICES_ROLLOUT_CLIENT_LEARNER_CLIENT_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/metrics/registry.h"
#include "services/rollout/client/learner_link.h"

namespace mdrl {

struct LearnerClientOptions {
  std::string address;  // host:port or unix:PATH
  uint32_t data_channels = 2;
  absl::Duration chunk_timeout = absl::Seconds(5);  // without a chunk
  absl::Duration submit_total = absl::Seconds(60);
  Counters* retries = nullptr;  // counted by rpc; outlives the client
};

// Thread-safe, as LearnerLink says.
class LearnerClient : public LearnerLink {
 public:
  // Connects with the first call. InvalidArgument or PermissionDenied: the
  // address.
  static absl::StatusOr<std::unique_ptr<LearnerClient>> Create(
      const LearnerClientOptions& options);
  ~LearnerClient() override;

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
  struct Wires;  // channels, stubs, streams: gRPC stays out of this header

  LearnerClient(const LearnerClientOptions& options,
                std::unique_ptr<Wires> wires);

  const LearnerClientOptions options_;
  const std::unique_ptr<Wires> wires_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_CLIENT_LEARNER_CLIENT_H_
