#include "common/wire/prompt_wire.h"

#include "common/base/status_macros.h"
#include "common/wire/fields.h"

namespace mdrl {

v1::Turn ToProto(const Turn& turn) {
  v1::Turn wire;
  wire.set_role(turn.role);
  wire.set_text(turn.text);
  return wire;
}

absl::StatusOr<Turn> FromProto(const v1::Turn& wire) {
  MDRL_RETURN_IF_ERROR(CheckText(wire.role(), kMaxNameBytes, "role"));
  MDRL_RETURN_IF_ERROR(CheckText(wire.text(), kMaxTextBytes, "text"));
  return Turn{wire.role(), wire.text()};
}

v1::Prompt ToProto(const Prompt& prompt) {
  v1::Prompt wire;
  wire.set_set_sha256(WriteOptionalId(prompt.set_sha256));
  wire.set_index(prompt.index);
  wire.set_task(prompt.task);
  WriteList(prompt.turns, ToProto, wire.mutable_turns());
  wire.set_prefill(prompt.prefill);
  wire.set_truth(prompt.truth);
  wire.set_id(prompt.id);
  return wire;
}

absl::StatusOr<Prompt> FromProto(const v1::Prompt& wire) {
  Prompt prompt;
  MDRL_ASSIGN_OR_RETURN(
      prompt.set_sha256,
      ReadOptionalId<Digest>(wire.set_sha256(), "set_sha256"));
  prompt.index = wire.index();
  MDRL_RETURN_IF_ERROR(CheckText(wire.task(), kMaxNameBytes, "task"));
  prompt.task = wire.task();
  MDRL_ASSIGN_OR_RETURN(prompt.turns, ReadList<Turn>(wire.turns(), kMaxItems,
                                                     "turns", FromProto));
  MDRL_RETURN_IF_ERROR(CheckText(wire.prefill(), kMaxTextBytes, "prefill"));
  prompt.prefill = wire.prefill();
  MDRL_RETURN_IF_ERROR(CheckText(wire.truth(), kMaxTextBytes, "truth"));
  prompt.truth = wire.truth();
  MDRL_RETURN_IF_ERROR(CheckText(wire.id(), kMaxNameBytes, "id"));
  prompt.id = wire.id();
  return prompt;
}

}  // namespace mdrl
