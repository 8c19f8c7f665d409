#include "common/base/status_macros.h"
#include "common/wire/build_wire.h"
#include "common/wire/fields.h"
#include "common/wire/lease_wire.h"
#include "common/wire/manifest_wire.h"
#include "common/wire/rollout_wire.h"

namespace mdrl {
namespace {

constexpr uint32_t kMostSlot = 255;

v1::RegisterRequest::Scorer WriteScorer(const RegisterRequest::Scorer& scorer) {
  v1::RegisterRequest::Scorer wire;
  wire.set_task(scorer.task);
  wire.set_verifier_version(scorer.verifier_version);
  wire.set_sandbox(scorer.sandbox);
  wire.mutable_rubrics()->Add(scorer.rubrics.begin(), scorer.rubrics.end());
  return wire;
}

absl::StatusOr<RegisterRequest::Scorer> ReadScorer(
    const v1::RegisterRequest::Scorer& wire) {
  MDRL_RETURN_IF_ERROR(CheckText(wire.task(), kMaxNameBytes, "task"));
  MDRL_RETURN_IF_ERROR(
      CheckText(wire.verifier_version(), kMaxNameBytes, "verifier_version"));
  MDRL_RETURN_IF_ERROR(CheckText(wire.sandbox(), kMaxNameBytes, "sandbox"));
  MDRL_RETURN_IF_ERROR(CheckCount(wire.rubrics_size(), kMaxItems, "rubrics"));
  return RegisterRequest::Scorer{
      wire.task(),
      wire.verifier_version(),
      wire.sandbox(),
      {wire.rubrics().begin(), wire.rubrics().end()}};
}

}  // namespace

v1::RegisterRequest ToProto(const RegisterRequest& request) {
  v1::RegisterRequest wire;
  wire.set_name(request.name);
  wire.set_boot_id(request.boot_id.ToBytes());
  wire.set_life(request.life);
  *wire.mutable_build() = ToProto(request.build);
  wire.set_device(request.device);
  wire.set_device_bytes(request.device_bytes);
  wire.set_capacity(request.capacity);
  wire.set_base_model_hash(request.base_model_hash.ToBytes());
  wire.set_tokenizer_hash(request.tokenizer_hash.ToBytes());
  WriteList(request.scorers, WriteScorer, wire.mutable_scorers());
  WriteList(request.held, ToProto, wire.mutable_held());
  WriteList(request.resident, ToProto, wire.mutable_resident());
  return wire;
}

absl::StatusOr<RegisterRequest> FromProto(const v1::RegisterRequest& wire) {
  RegisterRequest request;
  MDRL_RETURN_IF_ERROR(CheckText(wire.name(), kMaxNameBytes, "name"));
  request.name = wire.name();
  MDRL_ASSIGN_OR_RETURN(request.boot_id,
                        ReadId<BootId>(wire.boot_id(), "boot_id"));
  request.life = wire.life();
  MDRL_READ_FIELD(request.build, FromProto(wire.build()), "build");
  MDRL_RETURN_IF_ERROR(CheckText(wire.device(), kMaxNameBytes, "device"));
  request.device = wire.device();
  request.device_bytes = wire.device_bytes();
  request.capacity = wire.capacity();
  MDRL_ASSIGN_OR_RETURN(
      request.base_model_hash,
      ReadId<Digest>(wire.base_model_hash(), "base_model_hash"));
  MDRL_ASSIGN_OR_RETURN(
      request.tokenizer_hash,
      ReadId<Digest>(wire.tokenizer_hash(), "tokenizer_hash"));
  MDRL_ASSIGN_OR_RETURN(request.scorers,
                        ReadList<RegisterRequest::Scorer>(
                            wire.scorers(), kMaxItems, "scorers", ReadScorer));
  MDRL_ASSIGN_OR_RETURN(request.held, ReadList<LeaseKey>(wire.held(), kMaxItems,
                                                         "held", FromProto));
  MDRL_ASSIGN_OR_RETURN(
      request.resident,
      ReadList<PolicyRef>(wire.resident(), kMaxItems, "resident", FromProto));
  return request;
}

v1::RegisterResponse ToProto(const RegisterReply& reply) {
  v1::RegisterResponse wire;
  wire.set_run_id(reply.run_id.ToBytes());
  wire.set_epoch(reply.epoch);
  wire.set_registration_id(reply.registration_id.ToBytes());
  wire.set_slot(reply.slot);
  *wire.mutable_build() = ToProto(reply.build);
  *wire.mutable_newest() = ToProto(reply.newest);
  WriteList(reply.adopted, ToProto, wire.mutable_adopted());
  *wire.mutable_heartbeat() = WriteDuration(reply.heartbeat);
  *wire.mutable_lease_for() = WriteDuration(reply.lease_for);
  *wire.mutable_warmup_for() = WriteDuration(reply.warmup_for);
  wire.set_rollout_config(reply.rollout_config);
  return wire;
}

absl::StatusOr<RegisterReply> FromProto(const v1::RegisterResponse& wire) {
  RegisterReply reply;
  MDRL_ASSIGN_OR_RETURN(reply.run_id, ReadId<RunId>(wire.run_id(), "run_id"));
  reply.epoch = wire.epoch();
  MDRL_ASSIGN_OR_RETURN(
      reply.registration_id,
      ReadId<RegistrationId>(wire.registration_id(), "registration_id"));
  if (wire.slot() > kMostSlot) {
    return BadField("slot",
                    absl::StrCat(wire.slot(), " is more than ", kMostSlot));
  }
  reply.slot = wire.slot();
  MDRL_READ_FIELD(reply.build, FromProto(wire.build()), "build");
  MDRL_READ_FIELD(reply.newest, FromProto(wire.newest()), "newest");
  MDRL_ASSIGN_OR_RETURN(
      reply.adopted,
      ReadList<LeaseKey>(wire.adopted(), kMaxItems, "adopted", FromProto));
  MDRL_ASSIGN_OR_RETURN(reply.heartbeat,
                        ReadDuration(wire.heartbeat(), "heartbeat"));
  MDRL_ASSIGN_OR_RETURN(reply.lease_for,
                        ReadDuration(wire.lease_for(), "lease_for"));
  MDRL_ASSIGN_OR_RETURN(reply.warmup_for,
                        ReadDuration(wire.warmup_for(), "warmup_for"));
  MDRL_RETURN_IF_ERROR(
      CheckText(wire.rollout_config(), kMaxTextBytes, "rollout_config"));
  reply.rollout_config = wire.rollout_config();
  return reply;
}

}  // namespace mdrl
