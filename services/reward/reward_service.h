// The gRPC door of the reward service: messages to plain values, into the
// pool, and back.
//
// Thread-safe. The service must outlive the server that it is registered with.
#ifndef MDRL_SERVICES_REWARD_REWARD_SERVICE_H_
#define MDRL_SERVICES_REWARD_REWARD_SERVICE_H_

#include "mdrl/v1/reward.grpc.pb.h"
#include "services/reward/verifier_pool.h"

namespace mdrl {

class RewardService final : public v1::RewardService::CallbackService {
 public:
  // `pool` is not owned. It must be closed only after the server is shut down:
  // a call that was taken waits for its answer.
  explicit RewardService(VerifierPool* pool, ProgramRuns programs = {})
      : pool_(pool), programs_(programs) {}

  // InvalidArgument: a malformed field, an unknown task, rubric or weight.
  // ResourceExhausted: the queue is full (with retry_after), or the message is
  // over its limit (without).
  grpc::ServerUnaryReactor* Score(grpc::CallbackServerContext* context,
                                  const v1::ScoreRequest* request,
                                  v1::ScoreResponse* response) override;

  grpc::ServerUnaryReactor* ListTasks(grpc::CallbackServerContext* context,
                                      const v1::ListTasksRequest* request,
                                      v1::ListTasksResponse* response) override;

 private:
  VerifierPool* const pool_;
  const ProgramRuns programs_;  // for the listing
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_REWARD_SERVICE_H_
