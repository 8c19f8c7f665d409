#include "common/wire/rollout_wire.h"

#include "common/base/status_macros.h"
#include "common/wire/fields.h"
#include "common/wire/group_wire.h"
#include "common/wire/lease_wire.h"
#include "common/wire/manifest_wire.h"

namespace mdrl {
namespace {

constexpr size_t kMaxDetailBytes = 4096;

v1::RenewRequest::Held WriteHeld(const RenewRequest::Held& held) {
  v1::RenewRequest::Held wire;
  *wire.mutable_key() = ToProto(held.key);
  wire.set_phase(WriteEnum<v1::RenewRequest::Phase>(held.phase));
  wire.set_progress(held.progress);
  wire.set_progress_total(held.progress_total);
  wire.set_waits_for(WriteEnum<v1::Reason>(held.waits_for));
  return wire;
}

absl::StatusOr<RenewRequest::Held> ReadHeld(
    const v1::RenewRequest::Held& wire) {
  RenewRequest::Held held;
  MDRL_READ_FIELD(held.key, FromProto(wire.key()), "key");
  MDRL_ASSIGN_OR_RETURN(
      held.phase, ReadEnum<RenewRequest::Phase>(wire.phase(),
                                                v1::RenewRequest::Phase_IsValid,
                                                Zero::kRefused, "phase"));
  held.progress = wire.progress();
  held.progress_total = wire.progress_total();
  MDRL_ASSIGN_OR_RETURN(held.waits_for,
                        ReadEnum<Reason>(wire.waits_for(), v1::Reason_IsValid,
                                         Zero::kAllowed, "waits_for"));
  return held;
}

v1::RenewRequest::Staging WriteStaging(const RenewRequest::Staging& staging) {
  v1::RenewRequest::Staging wire;
  *wire.mutable_policy() = ToProto(staging.policy);
  wire.set_stage(WriteEnum<v1::RenewRequest::Stage>(staging.stage));
  wire.set_bytes_done(staging.bytes_done);
  wire.set_failure(staging.failure);
  wire.set_failures(staging.failures);
  return wire;
}

absl::StatusOr<RenewRequest::Staging> ReadStaging(
    const v1::RenewRequest::Staging& wire) {
  RenewRequest::Staging staging;
  MDRL_READ_FIELD(staging.policy, FromProto(wire.policy()), "policy");
  MDRL_ASSIGN_OR_RETURN(staging.stage,
                        ReadEnum<RenewRequest::Stage>(
                            wire.stage(), v1::RenewRequest::Stage_IsValid,
                            Zero::kRefused, "stage"));
  staging.bytes_done = wire.bytes_done();
  MDRL_RETURN_IF_ERROR(CheckText(wire.failure(), kMaxNameBytes, "failure"));
  staging.failure = wire.failure();
  staging.failures = wire.failures();
  return staging;
}

v1::RenewResponse::Revoked WriteRevoked(const RenewReply::Revoked& revoked) {
  v1::RenewResponse::Revoked wire;
  *wire.mutable_key() = ToProto(revoked.key);
  wire.set_reason(WriteEnum<v1::Reason>(revoked.reason));
  return wire;
}

absl::StatusOr<RenewReply::Revoked> ReadRevoked(
    const v1::RenewResponse::Revoked& wire) {
  RenewReply::Revoked revoked;
  MDRL_READ_FIELD(revoked.key, FromProto(wire.key()), "key");
  MDRL_ASSIGN_OR_RETURN(revoked.reason,
                        ReadEnum<Reason>(wire.reason(), v1::Reason_IsValid,
                                         Zero::kAllowed, "reason"));
  return revoked;
}

v1::ReturnLeaseRequest::Returned WriteReturned(
    const ReturnLeaseRequest::Returned& returned) {
  v1::ReturnLeaseRequest::Returned wire;
  *wire.mutable_key() = ToProto(returned.key);
  wire.set_reason(WriteEnum<v1::Reason>(returned.reason));
  wire.set_detail(returned.detail);
  return wire;
}

absl::StatusOr<ReturnLeaseRequest::Returned> ReadReturned(
    const v1::ReturnLeaseRequest::Returned& wire) {
  ReturnLeaseRequest::Returned returned;
  MDRL_READ_FIELD(returned.key, FromProto(wire.key()), "key");
  MDRL_ASSIGN_OR_RETURN(returned.reason,
                        ReadEnum<Reason>(wire.reason(), v1::Reason_IsValid,
                                         Zero::kAllowed, "reason"));
  MDRL_RETURN_IF_ERROR(CheckText(wire.detail(), kMaxDetailBytes, "detail"));
  returned.detail = wire.detail();
  return returned;
}

}  // namespace

v1::Caller ToProto(const Caller& caller) {
  v1::Caller wire;
  wire.set_run_id(WriteOptionalId(caller.run_id));
  wire.set_epoch(caller.epoch);
  wire.set_registration_id(WriteOptionalId(caller.registration_id));
  wire.set_call(caller.call);
  return wire;
}

absl::StatusOr<Caller> FromProto(const v1::Caller& wire) {
  Caller caller;
  MDRL_ASSIGN_OR_RETURN(caller.run_id,
                        ReadOptionalId<RunId>(wire.run_id(), "run_id"));
  caller.epoch = wire.epoch();
  MDRL_ASSIGN_OR_RETURN(caller.registration_id,
                        ReadOptionalId<RegistrationId>(wire.registration_id(),
                                                       "registration_id"));
  caller.call = wire.call();
  return caller;
}

v1::LeaseRequest ToProto(const LeaseRequest& request) {
  v1::LeaseRequest wire;
  *wire.mutable_caller() = ToProto(request.caller);
  wire.set_max_leases(request.max_leases);
  *wire.mutable_wait() = WriteDuration(request.wait);
  return wire;
}

absl::StatusOr<LeaseRequest> FromProto(const v1::LeaseRequest& wire) {
  LeaseRequest request;
  MDRL_READ_FIELD(request.caller, FromProto(wire.caller()), "caller");
  request.max_leases = wire.max_leases();
  MDRL_ASSIGN_OR_RETURN(request.wait, ReadDuration(wire.wait(), "wait"));
  return request;
}

v1::LeaseResponse ToProto(const LeaseReply& reply) {
  v1::LeaseResponse wire;
  WriteList(reply.leases, ToProto, wire.mutable_leases());
  wire.set_none_because(WriteEnum<v1::Reason>(reply.none_because));
  return wire;
}

absl::StatusOr<LeaseReply> FromProto(const v1::LeaseResponse& wire) {
  LeaseReply reply;
  MDRL_ASSIGN_OR_RETURN(reply.leases, ReadList<Lease>(wire.leases(), kMaxItems,
                                                      "leases", FromProto));
  MDRL_ASSIGN_OR_RETURN(
      reply.none_because,
      ReadEnum<Reason>(wire.none_because(), v1::Reason_IsValid, Zero::kAllowed,
                       "none_because"));
  return reply;
}

v1::RenewRequest ToProto(const RenewRequest& request) {
  v1::RenewRequest wire;
  *wire.mutable_caller() = ToProto(request.caller);
  wire.set_state(WriteEnum<v1::RenewRequest::Worker>(request.state));
  WriteList(request.leases, WriteHeld, wire.mutable_leases());
  *wire.mutable_active() = ToProto(request.active);
  WriteList(request.staging, WriteStaging, wire.mutable_staging());
  wire.set_decode_steps_ever(request.decode_steps_ever);
  wire.set_lease_call_seen(request.lease_call_seen);
  wire.mutable_busy_seconds()->insert(request.busy_seconds.begin(),
                                      request.busy_seconds.end());
  return wire;
}

absl::StatusOr<RenewRequest> FromProto(const v1::RenewRequest& wire) {
  RenewRequest request;
  MDRL_READ_FIELD(request.caller, FromProto(wire.caller()), "caller");
  MDRL_ASSIGN_OR_RETURN(request.state,
                        ReadEnum<RenewRequest::Worker>(
                            wire.state(), v1::RenewRequest::Worker_IsValid,
                            Zero::kRefused, "state"));
  MDRL_ASSIGN_OR_RETURN(request.leases,
                        ReadList<RenewRequest::Held>(wire.leases(), kMaxItems,
                                                     "leases", ReadHeld));
  MDRL_READ_FIELD(request.active, FromProto(wire.active()), "active");
  MDRL_ASSIGN_OR_RETURN(request.staging,
                        ReadList<RenewRequest::Staging>(
                            wire.staging(), kMaxItems, "staging", ReadStaging));
  request.decode_steps_ever = wire.decode_steps_ever();
  request.lease_call_seen = wire.lease_call_seen();
  MDRL_ASSIGN_OR_RETURN(request.busy_seconds,
                        ReadWeights(wire.busy_seconds(), "busy_seconds"));
  return request;
}

v1::RenewResponse ToProto(const RenewReply& reply) {
  v1::RenewResponse wire;
  *wire.mutable_lease_for() = WriteDuration(reply.lease_for);
  WriteList(reply.renewed, ToProto, wire.mutable_renewed());
  WriteList(reply.revoked, WriteRevoked, wire.mutable_revoked());
  *wire.mutable_newest() = ToProto(reply.newest);
  wire.set_oldest_retained(reply.oldest_retained);
  wire.set_drain(reply.drain);
  return wire;
}

absl::StatusOr<RenewReply> FromProto(const v1::RenewResponse& wire) {
  RenewReply reply;
  MDRL_ASSIGN_OR_RETURN(reply.lease_for,
                        ReadDuration(wire.lease_for(), "lease_for"));
  MDRL_ASSIGN_OR_RETURN(
      reply.renewed,
      ReadList<LeaseKey>(wire.renewed(), kMaxItems, "renewed", FromProto));
  MDRL_ASSIGN_OR_RETURN(reply.revoked,
                        ReadList<RenewReply::Revoked>(wire.revoked(), kMaxItems,
                                                      "revoked", ReadRevoked));
  MDRL_READ_FIELD(reply.newest, FromProto(wire.newest()), "newest");
  reply.oldest_retained = wire.oldest_retained();
  reply.drain = wire.drain();
  return reply;
}

v1::SubmitGroupRequest ToProto(const SubmitGroupRequest& request) {
  v1::SubmitGroupRequest wire;
  *wire.mutable_caller() = ToProto(request.caller);
  wire.set_content_sha256(request.content_sha256.ToBytes());
  *wire.mutable_group() = ToProto(request.group);
  return wire;
}

absl::StatusOr<SubmitGroupRequest> FromProto(
    const v1::SubmitGroupRequest& wire) {
  SubmitGroupRequest request;
  MDRL_READ_FIELD(request.caller, FromProto(wire.caller()), "caller");
  MDRL_ASSIGN_OR_RETURN(
      request.content_sha256,
      ReadId<Digest>(wire.content_sha256(), "content_sha256"));
  MDRL_READ_FIELD(request.group, FromProto(wire.group()), "group");
  return request;
}

v1::SubmitGroupResponse ToProto(const SubmitGroupReply& reply) {
  v1::SubmitGroupResponse wire;
  wire.set_outcome(WriteEnum<v1::SubmitGroupResponse::Outcome>(reply.outcome));
  wire.set_accepted_attempt(reply.accepted_attempt);
  wire.set_seq(reply.seq);
  return wire;
}

absl::StatusOr<SubmitGroupReply> FromProto(
    const v1::SubmitGroupResponse& wire) {
  SubmitGroupReply reply;
  MDRL_ASSIGN_OR_RETURN(
      reply.outcome,
      ReadEnum<SubmitGroupReply::Outcome>(
          wire.outcome(), v1::SubmitGroupResponse::Outcome_IsValid,
          Zero::kRefused, "outcome"));
  reply.accepted_attempt = wire.accepted_attempt();
  reply.seq = wire.seq();
  return reply;
}

v1::ReturnLeaseRequest ToProto(const ReturnLeaseRequest& request) {
  v1::ReturnLeaseRequest wire;
  *wire.mutable_caller() = ToProto(request.caller);
  WriteList(request.leases, WriteReturned, wire.mutable_leases());
  return wire;
}

absl::StatusOr<ReturnLeaseRequest> FromProto(
    const v1::ReturnLeaseRequest& wire) {
  ReturnLeaseRequest request;
  MDRL_READ_FIELD(request.caller, FromProto(wire.caller()), "caller");
  MDRL_ASSIGN_OR_RETURN(request.leases,
                        ReadList<ReturnLeaseRequest::Returned>(
                            wire.leases(), kMaxItems, "leases", ReadReturned));
  return request;
}

v1::ReturnLeaseResponse ToProto(const ReturnLeaseReply& reply) {
  v1::ReturnLeaseResponse wire;
  WriteList(reply.unknown, ToProto, wire.mutable_unknown());
  return wire;
}

absl::StatusOr<ReturnLeaseReply> FromProto(
    const v1::ReturnLeaseResponse& wire) {
  ReturnLeaseReply reply;
  MDRL_ASSIGN_OR_RETURN(
      reply.unknown,
      ReadList<LeaseKey>(wire.unknown(), kMaxItems, "unknown", FromProto));
  return reply;
}

v1::PolicyEvent ToProto(const PolicyEvent& event) {
  v1::PolicyEvent wire;
  wire.set_kind(WriteEnum<v1::PolicyEvent::Kind>(event.kind));
  *wire.mutable_policy() = ToProto(event.policy);
  wire.set_oldest_retained(event.oldest_retained);
  wire.set_epoch(event.epoch);
  return wire;
}

absl::StatusOr<PolicyEvent> FromProto(const v1::PolicyEvent& wire) {
  PolicyEvent event;
  MDRL_ASSIGN_OR_RETURN(
      event.kind,
      ReadEnum<PolicyEvent::Kind>(wire.kind(), v1::PolicyEvent::Kind_IsValid,
                                  Zero::kRefused, "kind"));
  MDRL_READ_FIELD(event.policy, FromProto(wire.policy()), "policy");
  event.oldest_retained = wire.oldest_retained();
  event.epoch = wire.epoch();
  return event;
}

}  // namespace mdrl
