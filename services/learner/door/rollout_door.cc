#include "services/learner/door/rollout_door.h"

#include <utility>

#include "common/wire/rollout_wire.h"
#include "services/learner/door/unary.h"

namespace mdrl {
namespace {

// A long poll whose caller may die while it is parked: then it must end
// without work, or its leases would have to expire first.
class LeaseCall final : public grpc::ServerUnaryReactor {
 public:
  LeaseCall(FrontDesk& desk, const v1::LeaseRequest& request,
            v1::LeaseResponse* response)
      : desk_(desk) {
    const absl::Status fits = CheckSize(request.ByteSizeLong(), limit::kLease);
    absl::StatusOr<LeaseRequest> call =
        fits.ok() ? FromProto(request) : absl::StatusOr<LeaseRequest>(fits);
    if (!call.ok()) {
      Finish(ToGrpcStatus(call.status()));
      return;
    }
    caller_ = call->caller;
    desk_.Lease(*std::move(call), Answering<LeaseReply>(this, response));
  }

  void OnCancel() override { desk_.AbandonLease(caller_); }
  void OnDone() override { delete this; }

 private:
  FrontDesk& desk_;
  Caller caller_;  // zero: it was refused
};

}  // namespace

grpc::ServerUnaryReactor* RolloutDoor::Register(
    grpc::CallbackServerContext* context, const v1::RegisterRequest* request,
    v1::RegisterResponse* response) {
  return Translated(
      context, *request, limit::kRegister, [&](auto call, auto* reactor) {
        desk_.Register(std::move(call),
                       Answering<RegisterReply>(reactor, response));
      });
}

grpc::ServerUnaryReactor* RolloutDoor::Lease(grpc::CallbackServerContext*,
                                             const v1::LeaseRequest* request,
                                             v1::LeaseResponse* response) {
  return new LeaseCall(desk_, *request, response);
}

grpc::ServerUnaryReactor* RolloutDoor::Renew(
    grpc::CallbackServerContext* context, const v1::RenewRequest* request,
    v1::RenewResponse* response) {
  return Translated(
      context, *request, limit::kRenew, [&](auto call, auto* reactor) {
        Answering<RenewReply>(reactor, response)(desk_.Renew(call));
      });
}

grpc::ServerUnaryReactor* RolloutDoor::SubmitGroup(
    grpc::CallbackServerContext* context, const v1::SubmitGroupRequest* request,
    v1::SubmitGroupResponse* response) {
  return Translated(
      context, *request, limit::kSubmitGroup, [&](auto call, auto* reactor) {
        desk_.SubmitGroup(std::move(call),
                          Answering<SubmitGroupReply>(reactor, response));
      });
}

grpc::ServerUnaryReactor* RolloutDoor::ReturnLease(
    grpc::CallbackServerContext* context, const v1::ReturnLeaseRequest* request,
    v1::ReturnLeaseResponse* response) {
  return Translated(
      context, *request, limit::kReturnLease, [&](auto call, auto* reactor) {
        desk_.ReturnLease(std::move(call),
                          Answering<ReturnLeaseReply>(reactor, response));
      });
}

}  // namespace mdrl
