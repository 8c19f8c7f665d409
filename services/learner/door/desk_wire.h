// What users say to the desk, to and from its messages. Pure; INVALID_ARGUMENT
// names the field.
#ifndef MDRL_SERVICES_LEARNER_DOOR_DESK_WIRE_H_
#define MDRL_SERVICES_LEARNER_DOOR_DESK_WIRE_H_

#include "absl/status/statusor.h"
#include "mdrl/v1/prompt.pb.h"
#include "mdrl/v1/run.pb.h"
#include "services/learner/desk/desk_calls.h"
#include "services/learner/ledger/reader.h"

namespace mdrl {

absl::StatusOr<PromptSetHeader> FromProto(
    const v1::SubmitPromptSetRequest::Header& wire);
v1::PromptSet ToProto(const PromptSetView& view);

absl::StatusOr<EvaluateRequest> FromProto(const v1::EvaluateRequest& wire);
v1::Evaluation ToProto(const EvaluationView& view);

absl::StatusOr<DrainRequest> FromProto(const v1::DrainRequest& wire);
v1::Status ToProto(const RunStatus& status);

// Strings of the event's JSON become facts, numbers become numbers.
v1::Event ToProto(const StoredEvent& event);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DOOR_DESK_WIRE_H_
