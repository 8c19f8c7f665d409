// The learner's gRPC side in one place: doors, server and wire codecs, behind a
// header without protobuf, for the file that also sees Torch.
#ifndef MDRL_SERVICES_LEARNER_SERVER_H_
#define MDRL_SERVICES_LEARNER_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/metrics/registry.h"
#include "common/net/call_metrics.h"
#include "common/record/group.h"
#include "common/record/snapshot.h"
#include "services/learner/desk/front_desk.h"
#include "services/learner/ledger/event_feed.h"
#include "services/learner/options.h"
#include "services/learner/run_board.h"

namespace mdrl {

struct Codecs {
  GroupCodec group;
  ManifestCodec manifest;
};
Codecs WireCodecs();

// Whether `options` may be served on its address, before anything is written:
// errors as GrpcServer::Start. The address may still be taken in between.
absl::Status CheckListen(const LearnerOptions& options);

// What the server counts with; all outlive it, any may be null.
struct ServerMetrics {
  CallMetrics* calls = nullptr;
  Counters* snapshot_bytes = nullptr;
};
// The services whose calls are counted, for CallMetrics.
std::vector<std::string> LearnerServices();

class LearnerServer {
 public:
  // Listening when it returns, not ready before SetReady(); what it borrows
  // outlives it. Errors as GrpcServer::Start.
  static absl::StatusOr<std::unique_ptr<LearnerServer>> Start(
      const LearnerOptions& options, FrontDesk& desk, EventFeed& feed,
      const RunBoard& board, const ServerMetrics& metrics = {});
  ~LearnerServer();

  const std::string& address() const;
  void SetReady();
  // "ready" goes off; calls are still served.
  void Drain();
  void Shutdown(absl::Duration grace);

 private:
  struct Doors;
  explicit LearnerServer(std::unique_ptr<Doors> doors);
  const std::unique_ptr<Doors> doors_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_SERVER_H_
