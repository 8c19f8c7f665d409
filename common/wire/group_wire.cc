#include "common/wire/group_wire.h"

#include <algorithm>

#include "common/base/status_macros.h"
#include "common/wire/build_wire.h"
#include "common/wire/fields.h"
#include "common/wire/lease_wire.h"
#include "common/wire/packed.h"
#include "common/wire/score_wire.h"
#include "common/wire/serialise.h"

namespace mdrl {
namespace {

v1::Completion WriteCompletion(const Completion& completion) {
  v1::Completion wire;
  wire.set_index(completion.index);
  wire.set_tokens_i32(PackI32(completion.tokens));
  wire.set_reveal_step_u16(PackU16(completion.reveal_step));
  wire.set_confidence_f16(PackF16(completion.confidence));
  wire.set_effective_tokens(completion.effective_tokens);
  wire.set_truncated(completion.truncated);
  wire.set_forwards(completion.forwards);
  for (const VersionSpan& span : completion.versions) {
    v1::Completion::Span* out = wire.add_versions();
    out->set_first_decode_step(span.first_decode_step);
    out->set_version(span.version);
  }
  if (completion.score.outcome != Outcome::kUnspecified) {
    *wire.mutable_score() = ToProto(completion.score);
  }
  return wire;
}

absl::Status ReadSpans(const v1::Completion& wire, Completion& completion) {
  MDRL_RETURN_IF_ERROR(
      CheckCount(wire.versions_size(), kMaxCanvasTokens, "versions"));
  if (wire.versions_size() == 0 || wire.versions(0).first_decode_step() != 0) {
    return BadField("versions", "does not begin with decode step 0");
  }
  for (const v1::Completion::Span& span : wire.versions()) {
    if (!completion.versions.empty() &&
        span.first_decode_step() <=
            completion.versions.back().first_decode_step) {
      return BadField("versions", "its decode steps do not ascend");
    }
    completion.versions.push_back({span.first_decode_step(), span.version()});
  }
  return absl::OkStatus();
}

absl::StatusOr<Completion> ReadCompletion(const v1::Completion& wire,
                                          uint32_t canvas_tokens) {
  const Count canvas = Count::Exactly(canvas_tokens);
  Completion completion;
  completion.index = wire.index();
  MDRL_ASSIGN_OR_RETURN(completion.tokens,
                        UnpackI32(wire.tokens_i32(), canvas, "tokens_i32"));
  if (std::any_of(completion.tokens.begin(), completion.tokens.end(),
                  [](int32_t token) { return token < 0; })) {
    return BadField("tokens_i32", "holds a negative token id");
  }
  MDRL_ASSIGN_OR_RETURN(
      completion.reveal_step,
      UnpackU16(wire.reveal_step_u16(), canvas, "reveal_step_u16"));
  MDRL_ASSIGN_OR_RETURN(
      completion.confidence,
      UnpackF16(wire.confidence_f16(), canvas, "confidence_f16"));
  if (wire.effective_tokens() > canvas_tokens) {
    return BadField("effective_tokens",
                    absl::StrCat(wire.effective_tokens(), " is more than ",
                                 canvas_tokens, " canvas tokens"));
  }
  completion.effective_tokens = wire.effective_tokens();
  completion.truncated = wire.truncated();
  completion.forwards = wire.forwards();
  MDRL_RETURN_IF_ERROR(ReadSpans(wire, completion));
  // Nobody scores what a person asked to be decoded; the desk knows which.
  if (wire.has_score()) {
    MDRL_READ_FIELD(completion.score, FromProto(wire.score()), "score");
  }
  return completion;
}

absl::Status ReadCompletions(const v1::Group& wire, Group& group) {
  MDRL_RETURN_IF_ERROR(
      CheckCount(wire.completions_size(), kMaxGroupSize, "completions"));
  if (wire.completions_size() == 0) return BadField("completions", "is empty");
  group.completions.reserve(wire.completions_size());
  for (int i = 0; i < wire.completions_size(); ++i) {
    const std::string place = At("completions", i);
    if (wire.completions(i).index() != static_cast<uint32_t>(i)) {
      return InField(
          BadField("index", absl::StrCat("is ", wire.completions(i).index(),
                                         ", not ", i)),
          place);
    }
    MDRL_READ_FIELD(
        Completion completion,
        ReadCompletion(wire.completions(i), group.decode.canvas_tokens), place);
    group.completions.push_back(std::move(completion));
  }
  return absl::OkStatus();
}

}  // namespace

v1::Group ToProto(const Group& group) {
  v1::Group wire;
  *wire.mutable_key() = ToProto(group.key);
  wire.set_purpose(WriteEnum<v1::Purpose>(group.purpose));
  wire.set_ticket(group.ticket);
  *wire.mutable_decode() = ToProto(group.decode);
  WriteList(group.completions, WriteCompletion, wire.mutable_completions());
  wire.set_slot(group.slot);
  *wire.mutable_build() = ToProto(group.build);
  wire.set_device(group.device);
  *wire.mutable_decode_took() = WriteDuration(group.decode_took);
  *wire.mutable_score_took() = WriteDuration(group.score_took);
  return wire;
}

absl::StatusOr<Group> FromProto(const v1::Group& wire) {
  Group group;
  MDRL_READ_FIELD(group.key, FromProto(wire.key()), "key");
  MDRL_ASSIGN_OR_RETURN(group.purpose,
                        ReadEnum<Purpose>(wire.purpose(), v1::Purpose_IsValid,
                                          Zero::kRefused, "purpose"));
  group.ticket = wire.ticket();
  MDRL_READ_FIELD(group.decode, FromProto(wire.decode()), "decode");
  MDRL_RETURN_IF_ERROR(ReadCompletions(wire, group));
  group.slot = wire.slot();
  MDRL_READ_FIELD(group.build, FromProto(wire.build()), "build");
  MDRL_RETURN_IF_ERROR(CheckText(wire.device(), kMaxNameBytes, "device"));
  group.device = wire.device();
  MDRL_ASSIGN_OR_RETURN(group.decode_took,
                        ReadDuration(wire.decode_took(), "decode_took"));
  MDRL_ASSIGN_OR_RETURN(group.score_took,
                        ReadDuration(wire.score_took(), "score_took"));
  return group;
}

GroupCodec WireGroupCodec() {
  return {
      .encode = [](const Group& group) { return Serialise(ToProto(group)); },
      .decode = [](std::string_view bytes) -> absl::StatusOr<Group> {
        MDRL_ASSIGN_OR_RETURN(const v1::Group wire,
                              Parse<v1::Group>(bytes, "group"));
        return FromProto(wire);
      }};
}

}  // namespace mdrl
