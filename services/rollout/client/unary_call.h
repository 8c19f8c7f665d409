// One unary RPC: records in, record out, with deadline, retries and a way out.
// For the clients of this folder only.
//
// Function templates without state; as thread-safe as their arguments.
#ifndef MDRL_SERVICES_ROLLOUT_CLIENT_UNARY_CALL_H_
#define MDRL_SERVICES_ROLLOUT_CLIENT_UNARY_CALL_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/status_macros.h"
#include "common/net/grpc_status.h"
#include "common/net/retry.h"
#include "grpcpp/client_context.h"
#include "services/rollout/client/open_calls.h"

namespace mdrl {

struct CallLimits {
  absl::Duration deadline;  // of one attempt
  absl::Duration total;     // no attempt begins later
  int max_attempts = 0;     // 0: as many as fit
};

// "Lease" of LeaseResponse.
template <typename Response>
std::string RpcOf() {
  const std::string name = Response::descriptor()->name();
  return name.substr(0, name.size() - std::string_view("Response").size());
}

// `attempt` is called as attempt(context, &response) and returns a
// grpc::Status. Cancelled once `calls` are.
template <typename Response, typename Attempt>
absl::StatusOr<Response> CallUnary(OpenCalls& calls, RetryBudget& budget,
                                   const CallLimits& limits,
                                   const Attempt& attempt) {
  RetryOptions options;
  options.total = limits.total;
  options.max_attempts = limits.max_attempts;
  options.stop = [&calls] { return calls.cancelled(); };
  options.budget = &budget;
  Response response;
  int attempts = 0;
  MDRL_RETURN_IF_ERROR(CallWithRetry(options, Clock::Real(), [&] {
    if (attempts++ > 0) calls.CountRetry(RpcOf<Response>());
    OpenCalls::Call call(calls);
    call.context().set_deadline(
        absl::ToChronoTime(absl::Now() + limits.deadline));
    response.Clear();
    return FromGrpcStatus(attempt(call.context(), &response));
  }));
  return response;
}

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_CLIENT_UNARY_CALL_H_
