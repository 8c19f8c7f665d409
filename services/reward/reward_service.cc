#include "services/reward/reward_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/net/build_info.h"
#include "common/net/grpc_status.h"
#include "common/wire/score_wire.h"
#include "services/reward/scoring.h"

namespace mdrl {

grpc::ServerUnaryReactor* RewardService::Score(
    grpc::CallbackServerContext* context, const v1::ScoreRequest* request,
    v1::ScoreResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::StatusOr<ScoreRequest> record = FromProto(*request);
  if (!record.ok()) {
    reactor->Finish(ToGrpcStatus(record.status()));
    return reactor;
  }
  const absl::Status taken =
      pool_->Submit(*std::move(record),
                    [reactor, response](absl::StatusOr<ScoreReply> reply) {
                      if (reply.ok()) {
                        reply->build = ThisBuild();
                        *response = ToProto(*reply);
                      }
                      reactor->Finish(ToGrpcStatus(reply.status()));
                    });
  if (!taken.ok()) reactor->Finish(ToGrpcStatus(taken));
  return reactor;
}

grpc::ServerUnaryReactor* RewardService::ListTasks(
    grpc::CallbackServerContext* context, const v1::ListTasksRequest*,
    v1::ListTasksResponse* response) {
  TaskListing listing = ListTasksWith(programs_);
  listing.build = ThisBuild();
  *response = ToProto(listing);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace mdrl
