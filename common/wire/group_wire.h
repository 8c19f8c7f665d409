// Groups and completions <-> mdrl.v1, and the codec that the ledger is handed.
// Pure functions; errors as in fields.h.
#ifndef MDRL_COMMON_WIRE_GROUP_WIRE_H_
#define MDRL_COMMON_WIRE_GROUP_WIRE_H_

#include "absl/status/statusor.h"
#include "common/record/group.h"
#include "mdrl/v1/types.pb.h"

namespace mdrl {

// Confidences are rounded to float16: the one part of a group that does not
// come back bit for bit, and that no hash covers.
v1::Group ToProto(const Group& group);

// What holds afterwards: 1 to kMaxGroupSize completions with indices 0, 1, ...;
// each array has one entry per canvas position; tokens are not negative (the
// vocabulary is the receiver's to check); the spans begin with decode step 0
// and ascend; effective_tokens fit the canvas.
absl::StatusOr<Group> FromProto(const v1::Group& wire);

// Serialised mdrl.v1.Group: equal groups, equal bytes. decode: DataLoss if the
// bytes are none, InvalidArgument as FromProto.
GroupCodec WireGroupCodec();

}  // namespace mdrl

#endif  // MDRL_COMMON_WIRE_GROUP_WIRE_H_
