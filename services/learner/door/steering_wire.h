// The calls that steer and question a run, between messages and plain values.
//
// FromProto: InvalidArgument, naming the field. Pure functions.
#ifndef MDRL_SERVICES_LEARNER_DOOR_STEERING_WIRE_H_
#define MDRL_SERVICES_LEARNER_DOOR_STEERING_WIRE_H_

#include "absl/status/statusor.h"
#include "mdrl/v1/prompt.pb.h"
#include "mdrl/v1/run.pb.h"
#include "services/learner/desk/desk_calls.h"

namespace mdrl {

absl::StatusOr<SetPromptSetStateRequest> FromProto(
    const v1::SetPromptSetStateRequest& wire);
v1::ListPromptSetsResponse ToProto(const PromptSetPage& page);

absl::StatusOr<RunCommand> FromProto(const v1::RunCommand& wire);

absl::StatusOr<CompletionRequest> FromProto(
    const v1::GetCompletionRequest& wire);
v1::Provenance ToProto(const CompletionView& view);

absl::StatusOr<GenerateRequest> FromProto(const v1::GenerateRequest& wire);
v1::GenerateResponse ToProto(const GenerateReply& reply);

v1::Explanation ToProto(const ExplainView& view);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DOOR_STEERING_WIRE_H_
