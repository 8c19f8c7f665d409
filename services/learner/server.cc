#include "services/learner/server.h"

#include <utility>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/net/address.h"
#include "common/net/grpc_server.h"
#include "common/net/listen_probe.h"
#include "common/wire/group_wire.h"
#include "common/wire/manifest_wire.h"
#include "services/learner/door/prompt_door.h"
#include "services/learner/door/rollout_door.h"
#include "services/learner/door/run_door.h"
#include "services/learner/door/weight_door.h"

namespace mdrl {

// The server is the last member: it ends before the doors that it calls.
struct LearnerServer::Doors {
  Doors(const LearnerOptions& options, FrontDesk& desk, EventFeed& feed,
        const RunBoard& board, const ServerMetrics& metrics)
      : prompt(desk),
        rollout(desk),
        weight(desk, metrics.snapshot_bytes),
        run(desk, feed, board, options.run_name, options.desk.build) {}

  PromptDoor prompt;
  RolloutDoor rollout;
  WeightDoor weight;
  RunDoor run;
  std::unique_ptr<GrpcServer> server;
};

Codecs WireCodecs() { return {WireGroupCodec(), WireManifestCodec()}; }

absl::Status CheckListen(const LearnerOptions& options) {
  if (!options.insecure) {
    return ErrorWith(
        absl::StatusCode::kPermissionDenied, reason::kInsecureAddress,
        "security.insecure",
        "this release has no TLS: set security.insecure: true, which serves "
        "loopback and Unix sockets only");
  }
  MDRL_ASSIGN_OR_RETURN(const Address address, ParseAddress(options.listen));
  MDRL_RETURN_IF_ERROR(CheckLocal(address));
  MDRL_RETURN_IF_ERROR(ProbeListen(address));
  // Asked now, before anything is written, though it is served last.
  const absl::StatusOr<Address> page = ParseAddress(options.metrics_listen);
  MDRL_RETURN_IF_ERROR(WithContext(page.status(), "metrics.listen"));
  return WithContext(ProbeListen(*page), "metrics.listen");
}

std::vector<std::string> LearnerServices() {
  return {"mdrl.v1.PromptService", "mdrl.v1.RolloutService",
          "mdrl.v1.WeightService", "mdrl.v1.RunService"};
}

absl::StatusOr<std::unique_ptr<LearnerServer>> LearnerServer::Start(
    const LearnerOptions& options, FrontDesk& desk, EventFeed& feed,
    const RunBoard& board, const ServerMetrics& metrics) {
  auto doors = std::make_unique<Doors>(options, desk, feed, board, metrics);
  GrpcServer::Options serving;
  serving.listen = options.listen;
  serving.calls = metrics.calls;
  MDRL_ASSIGN_OR_RETURN(
      doors->server,
      GrpcServer::Start(serving, {&doors->prompt, &doors->rollout,
                                  &doors->weight, &doors->run}));
  return std::unique_ptr<LearnerServer>(new LearnerServer(std::move(doors)));
}

LearnerServer::LearnerServer(std::unique_ptr<Doors> doors)
    : doors_(std::move(doors)) {}
LearnerServer::~LearnerServer() = default;

const std::string& LearnerServer::address() const {
  return doors_->server->address();
}

void LearnerServer::SetReady() { doors_->server->SetReady(true); }

void LearnerServer::Drain() { doors_->server->Drain(); }

void LearnerServer::Shutdown(absl::Duration grace) {
  doors_->server->Shutdown(grace);
}

}  // namespace mdrl
