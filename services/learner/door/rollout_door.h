// The door for rollout workers: translates and calls the desk; decides nothing.
#ifndef MDRL_SERVICES_LEARNER_DOOR_ROLLOUT_DOOR_H_
#define MDRL_SERVICES_LEARNER_DOOR_ROLLOUT_DOOR_H_

#include "mdrl/v1/rollout.grpc.pb.h"
#include "services/learner/desk/front_desk.h"

namespace mdrl {

// Thread-safe. `desk` outlives the server that has this service.
class RolloutDoor final : public v1::RolloutService::CallbackService {
 public:
  explicit RolloutDoor(FrontDesk& desk) : desk_(desk) {}

  grpc::ServerUnaryReactor* Register(grpc::CallbackServerContext* context,
                                     const v1::RegisterRequest* request,
                                     v1::RegisterResponse* response) override;
  grpc::ServerUnaryReactor* Lease(grpc::CallbackServerContext* context,
                                  const v1::LeaseRequest* request,
                                  v1::LeaseResponse* response) override;
  grpc::ServerUnaryReactor* Renew(grpc::CallbackServerContext* context,
                                  const v1::RenewRequest* request,
                                  v1::RenewResponse* response) override;
  grpc::ServerUnaryReactor* SubmitGroup(
      grpc::CallbackServerContext* context,
      const v1::SubmitGroupRequest* request,
      v1::SubmitGroupResponse* response) override;
  grpc::ServerUnaryReactor* ReturnLease(
      grpc::CallbackServerContext* context,
      const v1::ReturnLeaseRequest* request,
      v1::ReturnLeaseResponse* response) override;

 private:
  FrontDesk& desk_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DOOR_ROLLOUT_DOOR_H_
