#include "services/learner/door/rollout_door.h"

#include <utility>

#include "common/wire/rollout_wire.h"
#include "services/learner/door/unary.h"

namespace mdrl {

grpc::ServerUnaryReactor* RolloutDoor::Register(
    grpc::CallbackServerContext* context, const v1::RegisterRequest* request,
    v1::RegisterResponse* response) {
  return Translated(context, *request, [&](auto call, auto* reactor) {
    desk_.Register(std::move(call),
                   Answering<RegisterReply>(reactor, response));
  });
}

grpc::ServerUnaryReactor* RolloutDoor::Lease(
    grpc::CallbackServerContext* context, const v1::LeaseRequest* request,
    v1::LeaseResponse* response) {
  return Translated(context, *request, [&](auto call, auto* reactor) {
    desk_.Lease(std::move(call), Answering<LeaseReply>(reactor, response));
  });
}

grpc::ServerUnaryReactor* RolloutDoor::Renew(
    grpc::CallbackServerContext* context, const v1::RenewRequest* request,
    v1::RenewResponse* response) {
  return Translated(context, *request, [&](auto call, auto* reactor) {
    Answering<RenewReply>(reactor, response)(desk_.Renew(call));
  });
}

grpc::ServerUnaryReactor* RolloutDoor::SubmitGroup(
    grpc::CallbackServerContext* context, const v1::SubmitGroupRequest* request,
    v1::SubmitGroupResponse* response) {
  return Translated(context, *request, [&](auto call, auto* reactor) {
    desk_.SubmitGroup(std::move(call),
                      Answering<SubmitGroupReply>(reactor, response));
  });
}

grpc::ServerUnaryReactor* RolloutDoor::ReturnLease(
    grpc::CallbackServerContext* context, const v1::ReturnLeaseRequest* request,
    v1::ReturnLeaseResponse* response) {
  return Translated(context, *request, [&](auto call, auto* reactor) {
    desk_.ReturnLease(std::move(call),
                      Answering<ReturnLeaseReply>(reactor, response));
  });
}

}  // namespace mdrl
