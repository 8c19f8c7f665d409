#include "services/learner/door/desk_wire.h"

#include <nlohmann/json.hpp>
#include <string>

#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "common/record/reason.h"
#include "common/wire/build_wire.h"
#include "common/wire/fields.h"
#include "common/wire/lease_wire.h"
#include "common/wire/manifest_wire.h"

namespace mdrl {
namespace {

std::string StateWord(EvaluationView::State state) {
  switch (state) {
    case EvaluationView::State::kWaiting:
      return "WAITING";
    case EvaluationView::State::kRunning:
      return "RUNNING";
    case EvaluationView::State::kDone:
      return "DONE";
    case EvaluationView::State::kCancelled:
      return "CANCELLED";
  }
  return "UNKNOWN";
}

}  // namespace

absl::StatusOr<PromptSetHeader> FromProto(
    const v1::SubmitPromptSetRequest::Header& wire) {
  PromptSetHeader header;
  MDRL_READ_FIELD(header.request_id,
                  ReadId<RequestId>(wire.request_id(), "request_id"), "header");
  MDRL_READ_FIELD(header.sha256, ReadId<Digest>(wire.sha256(), "sha256"),
                  "header");
  MDRL_RETURN_IF_ERROR(CheckText(wire.name(), kMaxNameBytes, "header.name"));
  MDRL_RETURN_IF_ERROR(CheckText(wire.task(), kMaxNameBytes, "header.task"));
  header.name = wire.name();
  header.task = wire.task();
  header.count = wire.count();
  if (wire.has_weight()) {
    MDRL_RETURN_IF_ERROR(CheckFinite(wire.weight(), "header.weight"));
    header.weight = wire.weight();
  }
  header.held_out = wire.held_out();
  header.dry_run = wire.dry_run();
  return header;
}

v1::PromptSet ToProto(const PromptSetView& view) {
  v1::PromptSet wire;
  wire.set_sha256(view.sha256.ToBytes());
  wire.set_name(view.name);
  wire.set_task(view.task);
  wire.set_state(WriteEnum<v1::PromptSet::State>(view.state));
  wire.set_count(view.count);
  if (view.weight.has_value()) wire.set_weight(*view.weight);
  wire.set_passes(view.passes);
  wire.set_issued(view.issued);
  wire.set_trained(view.trained);
  wire.set_over_length(view.over_length);
  wire.mutable_quarantined()->Add(view.quarantined.begin(),
                                  view.quarantined.end());
  wire.set_already_known(view.already_known);
  return wire;
}

absl::StatusOr<EvaluateRequest> FromProto(const v1::EvaluateRequest& wire) {
  EvaluateRequest request;
  MDRL_ASSIGN_OR_RETURN(request.request_id,
                        ReadId<RequestId>(wire.request_id(), "request_id"));
  MDRL_RETURN_IF_ERROR(
      CheckCount(wire.set_sha256_size(), kMaxItems, "set_sha256"));
  for (const std::string& bytes : wire.set_sha256()) {
    MDRL_ASSIGN_OR_RETURN(const Digest set,
                          ReadId<Digest>(bytes, "set_sha256"));
    request.set_sha256.push_back(set);
  }
  if (wire.has_version()) request.version = wire.version();
  MDRL_ASSIGN_OR_RETURN(
      request.decode,
      ReadList<DecodeSettings>(wire.decode(), kMaxItems, "decode", FromProto));
  request.max_prompts = wire.max_prompts();
  MDRL_RETURN_IF_ERROR(
      CheckCount(wire.group_size(), kMaxGroupSize, "group_size"));
  request.group_size = wire.group_size();
  return request;
}

v1::Evaluation ToProto(const EvaluationView& view) {
  v1::Evaluation wire;
  wire.set_evaluation_id(view.id.ToBytes());
  *wire.mutable_policy() = ToProto(view.policy);
  wire.set_state(StateWord(view.state));
  for (const EvaluationRow& row : view.rows) {
    v1::Evaluation::Row& to = *wire.add_rows();
    to.set_task(row.task);
    to.set_set_sha256(row.set_sha256.ToBytes());
    *to.mutable_decode() = ToProto(row.decode);
    to.set_done(row.done);
    to.set_total(row.total);
    to.set_service_errors(row.service_errors);
    to.set_correct(row.correct);
    to.set_reward_mean(row.reward_mean);
    to.set_effective_tokens_mean(row.effective_tokens_mean);
    to.mutable_extra()->insert(row.extra.begin(), row.extra.end());
    to.set_reward_stddev(row.reward_stddev);
    to.set_verdicts(row.verdicts);
  }
  *wire.mutable_took() = WriteDuration(view.took);
  return wire;
}

absl::StatusOr<DrainRequest> FromProto(const v1::DrainRequest& wire) {
  DrainRequest request;
  MDRL_ASSIGN_OR_RETURN(request.request_id,
                        ReadId<RequestId>(wire.request_id(), "request_id"));
  MDRL_RETURN_IF_ERROR(CheckText(wire.worker(), kMaxNameBytes, "worker"));
  MDRL_RETURN_IF_ERROR(CheckText(wire.why(), kMaxNameBytes, "why"));
  request.worker = wire.worker();
  request.checkpoint = wire.checkpoint();
  request.why = wire.why();
  return request;
}

v1::Status ToProto(const RunStatus& status) {
  v1::Status wire;
  wire.set_run_id(status.run_id.ToBytes());
  wire.set_epoch(status.epoch);
  wire.set_state(WriteEnum<v1::Status::State>(status.state));
  wire.set_round(status.round);
  *wire.mutable_newest() = ToProto(status.newest);
  v1::Status::Tickets& tickets = *wire.mutable_tickets();
  tickets.set_open(status.tickets.open_total());
  tickets.set_limit(status.ticket_limit);
  tickets.set_issued(status.tickets.issued);
  tickets.set_trained(status.tickets.trained);
  for (const auto& [reason, count] : status.tickets.dropped) {
    (*tickets.mutable_dropped())[std::string(ReasonName(reason))] = count;
  }
  for (const auto& [state, count] : status.tickets.open) {
    (*tickets.mutable_by_state())[std::string(TicketStateName(state))] = count;
  }
  for (const RunStatus::Worker& worker : status.workers) {
    v1::Status::Worker& to = *wire.add_workers();
    to.set_slot(worker.slot);
    to.set_name(worker.name);
    to.set_state(std::string(WorkerStateName(worker.state)));
    *to.mutable_active() = ToProto(worker.active);
    to.set_leases(worker.leases);
    *to.mutable_build() = ToProto(worker.build);
    *to.mutable_last_heard() = WriteDuration(worker.last_heard);
    to.set_tokens_per_second(worker.tokens_per_second);
    to.mutable_busy_seconds()->insert(worker.busy_seconds.begin(),
                                      worker.busy_seconds.end());
    for (const auto& [phase, count] : worker.phases) {
      (*to.mutable_phases())[std::string(LeasePhaseName(phase))] = count;
    }
  }
  for (const PromptSetView& set : status.sets) *wire.add_sets() = ToProto(set);
  wire.mutable_reward_mean()->insert(status.reward_mean.begin(),
                                     status.reward_mean.end());
  wire.set_waits_for(WriteEnum<v1::Reason>(status.waits_for));
  wire.set_waits_text(status.waits_text);
  wire.set_seq(status.seq);
  wire.set_phase(std::string(LoopPhaseName(status.phase)));
  for (const auto& [phase, took] : status.busy) {
    (*wire.mutable_busy_seconds())[std::string(LoopPhaseName(phase))] =
        absl::ToDoubleSeconds(took);
  }
  wire.set_tokens_per_second(status.tokens_per_second);
  return wire;
}

v1::Event ToProto(const StoredEvent& event) {
  v1::Event wire;
  wire.set_seq(event.seq);
  wire.set_epoch(event.epoch);
  const absl::Duration since = event.time - absl::UnixEpoch();
  wire.mutable_time()->set_seconds(absl::ToInt64Seconds(since));
  wire.mutable_time()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(since % absl::Seconds(1))));
  wire.set_kind(event.kind);
  wire.set_subject(event.subject);
  const auto body = nlohmann::json::parse(event.body, nullptr,
                                          /*allow_exceptions=*/false);
  if (!body.is_object()) return wire;
  for (const auto& [key, value] : body.items()) {
    if (value.is_number()) {
      (*wire.mutable_numbers())[key] = value.get<double>();
    } else {
      (*wire.mutable_facts())[key] =
          value.is_string() ? value.get<std::string>() : value.dump();
    }
  }
  return wire;
}

}  // namespace mdrl
