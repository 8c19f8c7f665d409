// The door for policies: who watches versions, and who fetches their chunks.
#ifndef MDRL_SERVICES_LEARNER_DOOR_WEIGHT_DOOR_H_
#define MDRL_SERVICES_LEARNER_DOOR_WEIGHT_DOOR_H_

#include "common/metrics/registry.h"
#include "mdrl/v1/weights.grpc.pb.h"
#include "services/learner/desk/front_desk.h"
#include "services/learner/door/stream_count.h"

namespace mdrl {

// FetchChunks is raw: its messages are made beside protobuf, from slices that
// refer into the snapshot.
using WeightServiceBase = v1::WeightService::WithRawCallbackMethod_FetchChunks<
    v1::WeightService::WithCallbackMethod_GetManifest<
        v1::WeightService::WithCallbackMethod_WatchPolicy<
            v1::WeightService::Service>>>;

// Thread-safe. `desk` outlives the server that has this service.
class WeightDoor final : public WeightServiceBase {
 public:
  // `bytes`: of snapshots, counted as they are sent; outlives the door, may be
  // null.
  explicit WeightDoor(FrontDesk& desk, Counters* bytes = nullptr)
      : desk_(desk), bytes_(bytes) {}

  grpc::ServerWriteReactor<v1::PolicyEvent>* WatchPolicy(
      grpc::CallbackServerContext* context,
      const v1::WatchPolicyRequest* request) override;
  grpc::ServerUnaryReactor* GetManifest(
      grpc::CallbackServerContext* context,
      const v1::GetManifestRequest* request,
      v1::GetManifestResponse* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* FetchChunks(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;

 private:
  FrontDesk& desk_;
  StreamCount streams_;  // of FetchChunks
  Counters* const bytes_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DOOR_WEIGHT_DOOR_H_
