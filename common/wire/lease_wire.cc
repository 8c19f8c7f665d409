#include "common/wire/lease_wire.h"

#include <algorithm>

#include "common/base/status_macros.h"
#include "common/wire/fields.h"
#include "common/wire/packed.h"
#include "common/wire/prompt_wire.h"

namespace mdrl {
namespace {

absl::Status CheckShape(const v1::DecodeSettings& wire) {
  if (wire.canvas_tokens() == 0 || wire.canvas_tokens() > kMaxCanvasTokens) {
    return BadField(
        "canvas_tokens",
        absl::StrCat(wire.canvas_tokens(), " is not 1 to ", kMaxCanvasTokens));
  }
  if (wire.block_tokens() == 0 ||
      wire.canvas_tokens() % wire.block_tokens() != 0) {
    return BadField("block_tokens",
                    absl::StrCat(wire.block_tokens(), " does not divide ",
                                 wire.canvas_tokens()));
  }
  if (wire.decode_steps() == 0 || wire.decode_steps() > kMaxCanvasTokens) {
    return BadField(
        "decode_steps",
        absl::StrCat(wire.decode_steps(), " is not 1 to ", kMaxCanvasTokens));
  }
  return absl::OkStatus();
}

absl::Status CheckNumbers(const v1::DecodeSettings& wire) {
  if (!wire.has_temperature()) return BadField("temperature", "is missing");
  MDRL_RETURN_IF_ERROR(CheckFinite(wire.temperature(), "temperature"));
  if (wire.temperature() < 0) return BadField("temperature", "is negative");
  if (wire.reveal() == v1::DecodeSettings::THRESHOLD && !wire.has_threshold()) {
    return BadField("threshold", "is missing");
  }
  MDRL_RETURN_IF_ERROR(CheckFinite(wire.threshold(), "threshold"));
  MDRL_RETURN_IF_ERROR(CheckFinite(wire.cfg_scale(), "cfg_scale"));
  return CheckCount(wire.forbid_ids_size(), kMaxItems, "forbid_ids");
}

absl::StatusOr<absl::Duration> ReadPositive(
    const google::protobuf::Duration& wire, std::string_view field) {
  MDRL_ASSIGN_OR_RETURN(const absl::Duration duration,
                        ReadDuration(wire, field));
  if (duration == absl::ZeroDuration()) return BadField(field, "is zero");
  return duration;
}

absl::Status ReadLimits(const v1::Lease& wire, Lease& lease) {
  if (wire.has_min_version()) lease.min_version = wire.min_version();
  if (wire.has_exact_version()) lease.exact_version = wire.exact_version();
  if (wire.has_due_round()) lease.due_round = wire.due_round();
  MDRL_ASSIGN_OR_RETURN(lease.lease_for,
                        ReadPositive(wire.lease_for(), "lease_for"));
  MDRL_ASSIGN_OR_RETURN(lease.group_deadline,
                        ReadPositive(wire.group_deadline(), "group_deadline"));
  return absl::OkStatus();
}

absl::Status ReadTokens(const v1::Lease& wire, Lease& lease) {
  MDRL_ASSIGN_OR_RETURN(
      lease.prompt_tokens,
      UnpackI32(wire.prompt_tokens_i32(), Count::UpTo(kMaxPromptTokens),
                "prompt_tokens_i32"));
  if (std::any_of(lease.prompt_tokens.begin(), lease.prompt_tokens.end(),
                  [](int32_t token) { return token < 0; })) {
    return BadField("prompt_tokens_i32", "holds a negative token id");
  }
  if (wire.group_size() == 0 || wire.group_size() > kMaxGroupSize) {
    return BadField("group_size", absl::StrCat(wire.group_size(),
                                               " is not 1 to ", kMaxGroupSize));
  }
  lease.group_size = wire.group_size();
  return absl::OkStatus();
}

}  // namespace

v1::LeaseKey ToProto(const LeaseKey& key) {
  v1::LeaseKey wire;
  wire.set_group_id(key.group_id.ToBytes());
  wire.set_attempt(key.attempt);
  return wire;
}

absl::StatusOr<LeaseKey> FromProto(const v1::LeaseKey& wire) {
  LeaseKey key;
  MDRL_ASSIGN_OR_RETURN(key.group_id,
                        ReadId<GroupId>(wire.group_id(), "group_id"));
  if (wire.attempt() == 0) return BadField("attempt", "is 0; it counts from 1");
  key.attempt = wire.attempt();
  return key;
}

v1::DecodeSettings ToProto(const DecodeSettings& settings) {
  v1::DecodeSettings wire;
  wire.set_canvas_tokens(settings.canvas_tokens);
  wire.set_block_tokens(settings.block_tokens);
  wire.set_decode_steps(settings.decode_steps);
  wire.set_temperature(settings.temperature);
  wire.set_reveal(WriteEnum<v1::DecodeSettings::Reveal>(settings.reveal));
  wire.set_threshold(settings.threshold);
  wire.set_cache(WriteEnum<v1::DecodeSettings::Cache>(settings.cache));
  wire.set_stop_at_eos(settings.stop_at_eos);
  wire.set_swap_at(WriteEnum<v1::DecodeSettings::SwapAt>(settings.swap_at));
  wire.set_cfg_scale(settings.cfg_scale);
  wire.mutable_forbid_ids()->Add(settings.forbid_ids.begin(),
                                 settings.forbid_ids.end());
  return wire;
}

absl::StatusOr<DecodeSettings> FromProto(const v1::DecodeSettings& wire) {
  MDRL_RETURN_IF_ERROR(CheckShape(wire));
  MDRL_RETURN_IF_ERROR(CheckNumbers(wire));
  DecodeSettings settings;
  settings.canvas_tokens = wire.canvas_tokens();
  settings.block_tokens = wire.block_tokens();
  settings.decode_steps = wire.decode_steps();
  settings.temperature = wire.temperature();
  settings.threshold = wire.threshold();
  MDRL_ASSIGN_OR_RETURN(
      settings.reveal,
      ReadEnum<Reveal>(wire.reveal(), v1::DecodeSettings::Reveal_IsValid,
                       Zero::kRefused, "reveal"));
  MDRL_ASSIGN_OR_RETURN(
      settings.cache,
      ReadEnum<DecodeCache>(wire.cache(), v1::DecodeSettings::Cache_IsValid,
                            Zero::kRefused, "cache"));
  MDRL_ASSIGN_OR_RETURN(
      settings.swap_at,
      ReadEnum<SwapAt>(wire.swap_at(), v1::DecodeSettings::SwapAt_IsValid,
                       Zero::kRefused, "swap_at"));
  settings.stop_at_eos = wire.stop_at_eos();
  settings.cfg_scale = wire.cfg_scale();
  settings.forbid_ids.assign(wire.forbid_ids().begin(),
                             wire.forbid_ids().end());
  return settings;
}

v1::Lease ToProto(const Lease& lease) {
  v1::Lease wire;
  *wire.mutable_key() = ToProto(lease.key);
  wire.set_purpose(WriteEnum<v1::Purpose>(lease.purpose));
  wire.set_ticket(lease.ticket);
  *wire.mutable_prompt() = ToProto(lease.prompt);
  wire.set_prompt_tokens_i32(PackI32(lease.prompt_tokens));
  wire.set_group_size(lease.group_size);
  *wire.mutable_decode() = ToProto(lease.decode);
  if (lease.min_version) wire.set_min_version(*lease.min_version);
  if (lease.exact_version) wire.set_exact_version(*lease.exact_version);
  if (lease.due_round) wire.set_due_round(*lease.due_round);
  wire.set_philox_key(lease.philox_key);
  *wire.mutable_lease_for() = WriteDuration(lease.lease_for);
  *wire.mutable_group_deadline() = WriteDuration(lease.group_deadline);
  wire.set_rubric(lease.rubric);
  wire.mutable_rubric_weights()->insert(lease.rubric_weights.begin(),
                                        lease.rubric_weights.end());
  wire.set_keep_text_after_eos(lease.keep_text_after_eos);
  if (lease.failure_reward) wire.set_failure_reward(*lease.failure_reward);
  return wire;
}

absl::StatusOr<Lease> FromProto(const v1::Lease& wire) {
  Lease lease;
  MDRL_READ_FIELD(lease.key, FromProto(wire.key()), "key");
  MDRL_ASSIGN_OR_RETURN(lease.purpose,
                        ReadEnum<Purpose>(wire.purpose(), v1::Purpose_IsValid,
                                          Zero::kRefused, "purpose"));
  lease.ticket = wire.ticket();
  MDRL_READ_FIELD(lease.prompt, FromProto(wire.prompt()), "prompt");
  MDRL_RETURN_IF_ERROR(ReadTokens(wire, lease));
  MDRL_READ_FIELD(lease.decode, FromProto(wire.decode()), "decode");
  const uint32_t blocks =
      lease.decode.canvas_tokens / lease.decode.block_tokens;
  if (lease.decode.decode_steps < blocks) {
    return BadField("decode.decode_steps",
                    absl::StrCat(lease.decode.decode_steps,
                                 " steps are fewer than ", blocks, " blocks"));
  }
  MDRL_RETURN_IF_ERROR(ReadLimits(wire, lease));
  lease.philox_key = wire.philox_key();
  MDRL_RETURN_IF_ERROR(CheckText(wire.rubric(), kMaxNameBytes, "rubric"));
  lease.rubric = wire.rubric();
  MDRL_ASSIGN_OR_RETURN(lease.rubric_weights,
                        ReadWeights(wire.rubric_weights(), "rubric_weights"));
  lease.keep_text_after_eos = wire.keep_text_after_eos();
  if (wire.has_failure_reward()) {
    MDRL_RETURN_IF_ERROR(CheckFinite(wire.failure_reward(), "failure_reward"));
    lease.failure_reward = wire.failure_reward();
  }
  return lease;
}

}  // namespace mdrl
