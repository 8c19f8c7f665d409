#include "services/learner/door/steering_wire.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/wire/fields.h"
#include "common/wire/group_wire.h"
#include "common/wire/lease_wire.h"
#include "common/wire/manifest_wire.h"
#include "common/wire/prompt_wire.h"
#include "services/learner/door/desk_wire.h"

namespace mdrl {
namespace {

// As logs print a group.
constexpr size_t kShortGroupId = 6;

v1::Explanation::Finding ToProto(const Finding& finding) {
  v1::Explanation::Finding wire;
  wire.set_reason(WriteEnum<v1::Reason>(finding.reason));
  wire.set_level(WriteEnum<v1::Explanation::Level>(finding.level));
  wire.set_subject(finding.subject);
  wire.set_owner(finding.owner);
  *wire.mutable_since() = WriteDuration(finding.since);
  if (finding.acts_in.has_value()) {
    *wire.mutable_acts_in() = WriteDuration(*finding.acts_in);
  }
  wire.set_text(finding.text);
  wire.set_next(finding.next);
  return wire;
}

}  // namespace

absl::StatusOr<SetPromptSetStateRequest> FromProto(
    const v1::SetPromptSetStateRequest& wire) {
  SetPromptSetStateRequest request;
  MDRL_ASSIGN_OR_RETURN(request.request_id,
                        ReadId<RequestId>(wire.request_id(), "request_id"));
  MDRL_ASSIGN_OR_RETURN(request.sha256,
                        ReadId<Digest>(wire.sha256(), "sha256"));
  MDRL_ASSIGN_OR_RETURN(
      const auto state,
      ReadEnum<PromptSetState>(wire.state(), v1::PromptSet::State_IsValid,
                               Zero::kAllowed, "state"));
  if (wire.state() != v1::PromptSet::STATE_UNSPECIFIED) request.state = state;
  MDRL_RETURN_IF_ERROR(
      CheckCount(wire.lift_quarantine_size(), kMaxItems, "lift_quarantine"));
  request.lift_quarantine.assign(wire.lift_quarantine().begin(),
                                 wire.lift_quarantine().end());
  if (!request.state.has_value() && request.lift_quarantine.empty()) {
    return BadField("state", "is not set, and no quarantine is to be lifted");
  }
  return request;
}

v1::ListPromptSetsResponse ToProto(const PromptSetPage& page) {
  v1::ListPromptSetsResponse wire;
  for (const PromptSetView& set : page.sets) *wire.add_sets() = ToProto(set);
  wire.set_next_page_token(page.next_page_token);
  return wire;
}

absl::StatusOr<RunCommand> FromProto(const v1::RunCommand& wire) {
  RunCommand command;
  MDRL_ASSIGN_OR_RETURN(command.request_id,
                        ReadId<RequestId>(wire.request_id(), "request_id"));
  MDRL_RETURN_IF_ERROR(CheckText(wire.why(), kMaxNameBytes, "why"));
  command.why = wire.why();
  return command;
}

absl::StatusOr<CompletionRequest> FromProto(
    const v1::GetCompletionRequest& wire) {
  CompletionRequest request;
  request.any = wire.any();
  const size_t bytes = wire.group_id().size();
  if (!request.any &&
      (bytes < kShortGroupId || bytes > GroupId{}.bytes.size())) {
    return BadField("group_id",
                    absl::StrCat("has ", bytes, " bytes, not ", kShortGroupId,
                                 " to ", GroupId{}.bytes.size()));
  }
  request.group_id = wire.group_id();
  MDRL_RETURN_IF_ERROR(CheckText(wire.task(), kMaxNameBytes, "task"));
  request.filter.task = wire.task();
  if (wire.has_reward_at_least()) {
    request.filter.reward_at_least = wire.reward_at_least();
  }
  if (wire.has_reward_at_most()) {
    request.filter.reward_at_most = wire.reward_at_most();
  }
  request.index = wire.index();
  request.with_text = wire.with_text();
  return request;
}

v1::Provenance ToProto(const CompletionView& view) {
  v1::Provenance wire;
  if (view.prompt.has_value()) *wire.mutable_prompt() = ToProto(*view.prompt);
  if (view.group.has_value()) *wire.mutable_group() = ToProto(*view.group);
  wire.set_index(view.index);
  wire.set_text(view.text);
  for (const LeaseKey& key : view.attempts) {
    *wire.add_attempts() = ToProto(key);
  }
  wire.set_state(std::string(TicketStateName(view.state)));
  wire.set_dropped(WriteEnum<v1::Reason>(view.dropped));
  if (view.round.has_value()) wire.set_round(*view.round);
  wire.mutable_steps()->Add(view.steps.begin(), view.steps.end());
  if (view.advantage.has_value()) wire.set_advantage(*view.advantage);
  wire.mutable_terms()->insert(view.terms.begin(), view.terms.end());
  wire.set_philox_key(view.philox_key);
  wire.set_submit_seq(view.submit_seq);
  if (view.group.has_value()) {
    const absl::Duration since = view.submitted - absl::UnixEpoch();
    wire.mutable_submitted()->set_seconds(absl::ToInt64Seconds(since));
    wire.mutable_submitted()->set_nanos(static_cast<int32_t>(
        absl::ToInt64Nanoseconds(since % absl::Seconds(1))));
    wire.set_content_sha256(view.content_sha256.ToBytes());
  }
  return wire;
}

absl::StatusOr<GenerateRequest> FromProto(const v1::GenerateRequest& wire) {
  GenerateRequest request;
  MDRL_ASSIGN_OR_RETURN(
      request.request_id,
      ReadOptionalId<RequestId>(wire.request_id(), "request_id"));
  MDRL_ASSIGN_OR_RETURN(request.turns, ReadList<Turn>(wire.turns(), kMaxItems,
                                                      "turns", FromProto));
  MDRL_RETURN_IF_ERROR(CheckText(wire.prefill(), kMaxTextBytes, "prefill"));
  request.prefill = wire.prefill();
  if (wire.has_decode()) {
    MDRL_READ_FIELD(request.decode, FromProto(wire.decode()), "decode");
  }
  MDRL_RETURN_IF_ERROR(
      CheckCount(wire.group_size(), kMaxGroupSize, "group_size"));
  request.group_size = wire.group_size();
  if (wire.has_version()) request.version = wire.version();
  if (wire.has_seed()) request.seed = wire.seed();
  if (!wire.replay_group_id().empty()) {
    MDRL_ASSIGN_OR_RETURN(
        request.replay_group_id,
        ReadId<GroupId>(wire.replay_group_id(), "replay_group_id"));
  }
  return request;
}

v1::GenerateResponse ToProto(const GenerateReply& reply) {
  v1::GenerateResponse wire;
  *wire.mutable_policy() = ToProto(reply.policy);
  for (const std::string& text : reply.texts) wire.add_texts(text);
  *wire.mutable_group() = ToProto(reply.group);
  return wire;
}

v1::Explanation ToProto(const ExplainView& view) {
  v1::Explanation wire;
  for (const Finding& finding : view.chain) {
    *wire.add_chain() = ToProto(finding);
  }
  wire.set_seq(view.seq);
  return wire;
}

}  // namespace mdrl
