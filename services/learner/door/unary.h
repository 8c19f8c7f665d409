// The shape of a unary call at a door: translate, call the desk, translate
// back.
#ifndef MDRL_SERVICES_LEARNER_DOOR_UNARY_H_
#define MDRL_SERVICES_LEARNER_DOOR_UNARY_H_

#include <grpcpp/grpcpp.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/net/grpc_status.h"
#include "services/learner/desk/desk_calls.h"
#include "services/learner/door/message_limits.h"

namespace mdrl {

// Ends `reactor` with what the desk answers. `response` lives until then.
template <typename Reply, typename Response>
Answer<Reply> Answering(grpc::ServerUnaryReactor* reactor, Response* response) {
  return [reactor, response](absl::StatusOr<Reply> reply) {
    if (reply.ok()) *response = ToProto(*reply);
    reactor->Finish(ToGrpcStatus(reply.status()));
  };
}

// Translates `request`; what is too large or does not translate is answered,
// and `call` is not made. `call` must end the reactor, now or later.
template <typename Request, typename Call>
grpc::ServerUnaryReactor* Translated(grpc::CallbackServerContext* context,
                                     const Request& request,
                                     const MessageLimit& limit, Call call) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const absl::Status fits = CheckSize(request.ByteSizeLong(), limit);
  if (!fits.ok()) {
    reactor->Finish(ToGrpcStatus(fits));
    return reactor;
  }
  auto translated = FromProto(request);
  if (!translated.ok()) {
    reactor->Finish(ToGrpcStatus(translated.status()));
  } else {
    call(*std::move(translated), reactor);
  }
  return reactor;
}

// For RPCs of the contract that this release does not serve.
inline grpc::ServerUnaryReactor* NotServed(grpc::CallbackServerContext* context,
                                           const char* rpc) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status(
      grpc::StatusCode::UNIMPLEMENTED,
      absl::StrCat(rpc, " is part of the contract but not of this release")));
  return reactor;
}

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DOOR_UNARY_H_
