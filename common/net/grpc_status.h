// absl::Status <-> grpc::Status, with code, message and ErrorDetail kept both
// ways.
//
// The detail travels in grpc-status-details-bin as a message that is
// wire-compatible with google.rpc.Status. Pure functions.
#ifndef MDRL_COMMON_NET_GRPC_STATUS_H_
#define MDRL_COMMON_NET_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "common/base/error.h"

namespace mdrl {

grpc::Status ToGrpcStatus(const absl::Status& status);

// Details that do not parse are dropped: they came from outside, and code and
// message still tell what happened.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace mdrl

#endif  // MDRL_COMMON_NET_GRPC_STATUS_H_
