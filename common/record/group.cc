#include "common/record/group.h"

#include <bit>

#include "common/base/hash.h"

namespace mdrl {

Digest ContentSha256(const Group& group) {
  Sha256 hash;
  for (const Completion& completion : group.completions) {
    hash.U64(completion.tokens.size());
    for (const int32_t token : completion.tokens) {
      hash.U32(static_cast<uint32_t>(token));
    }
    hash.U64(completion.reveal_step.size());
    for (const uint16_t step : completion.reveal_step) hash.U16(step);
    hash.U64(completion.versions.size());
    for (const VersionSpan& span : completion.versions) {
      hash.U32(span.first_decode_step).U64(span.version);
    }
    if (completion.score.reward.has_value()) {
      hash.F64(*completion.score.reward);
    } else {
      hash.U64(0x7FF8000000000000ull);
    }
  }
  return hash.Finish();
}

}  // namespace mdrl
