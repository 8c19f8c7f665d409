// What worker and learner say to each other <-> mdrl.v1. Pure functions; errors
// as in fields.h.
//
// Meaning and codes are the doors'; here is only shape: id sizes, known
// numbers, counts. Users leave the caller empty, so an empty one is accepted.
#ifndef MDRL_COMMON_WIRE_ROLLOUT_WIRE_H_
#define MDRL_COMMON_WIRE_ROLLOUT_WIRE_H_

#include "absl/status/statusor.h"
#include "common/record/rollout_calls.h"
#include "mdrl/v1/rollout.pb.h"
#include "mdrl/v1/types.pb.h"
#include "mdrl/v1/weights.pb.h"

namespace mdrl {

v1::Caller ToProto(const Caller& caller);
absl::StatusOr<Caller> FromProto(const v1::Caller& wire);

v1::RegisterRequest ToProto(const RegisterRequest& request);
absl::StatusOr<RegisterRequest> FromProto(const v1::RegisterRequest& wire);
v1::RegisterResponse ToProto(const RegisterReply& reply);
absl::StatusOr<RegisterReply> FromProto(const v1::RegisterResponse& wire);

v1::LeaseRequest ToProto(const LeaseRequest& request);
absl::StatusOr<LeaseRequest> FromProto(const v1::LeaseRequest& wire);
v1::LeaseResponse ToProto(const LeaseReply& reply);
absl::StatusOr<LeaseReply> FromProto(const v1::LeaseResponse& wire);

v1::RenewRequest ToProto(const RenewRequest& request);
absl::StatusOr<RenewRequest> FromProto(const v1::RenewRequest& wire);
v1::RenewResponse ToProto(const RenewReply& reply);
absl::StatusOr<RenewReply> FromProto(const v1::RenewResponse& wire);

// Whether content_sha256 fits the group is the door's to check (DATA_LOSS).
v1::SubmitGroupRequest ToProto(const SubmitGroupRequest& request);
absl::StatusOr<SubmitGroupRequest> FromProto(
    const v1::SubmitGroupRequest& wire);
v1::SubmitGroupResponse ToProto(const SubmitGroupReply& reply);
absl::StatusOr<SubmitGroupReply> FromProto(const v1::SubmitGroupResponse& wire);

v1::ReturnLeaseRequest ToProto(const ReturnLeaseRequest& request);
absl::StatusOr<ReturnLeaseRequest> FromProto(
    const v1::ReturnLeaseRequest& wire);
v1::ReturnLeaseResponse ToProto(const ReturnLeaseReply& reply);
absl::StatusOr<ReturnLeaseReply> FromProto(const v1::ReturnLeaseResponse& wire);

v1::PolicyEvent ToProto(const PolicyEvent& event);
absl::StatusOr<PolicyEvent> FromProto(const v1::PolicyEvent& wire);

}  // namespace mdrl

#endif  // MDRL_COMMON_WIRE_ROLLOUT_WIRE_H_
