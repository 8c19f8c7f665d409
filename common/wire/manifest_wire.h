// Manifests and policy names <-> mdrl.v1, and the codec that snapshots are made
// with. Pure functions; errors as in fields.h.
#ifndef MDRL_COMMON_WIRE_MANIFEST_WIRE_H_
#define MDRL_COMMON_WIRE_MANIFEST_WIRE_H_

#include "absl/status/statusor.h"
#include "common/record/snapshot.h"
#include "mdrl/v1/types.pb.h"
#include "mdrl/v1/weights.pb.h"

namespace mdrl {

// A zero manifest hash (no policy) travels as no bytes.
v1::PolicyRef ToProto(const PolicyRef& ref);
absl::StatusOr<PolicyRef> FromProto(const v1::PolicyRef& wire);

v1::Manifest ToProto(const Manifest& manifest);

// What holds afterwards: one hash per chunk of total_bytes, every tensor within
// total_bytes, a canary with one arg-max and log-probability per position. What
// the hashes say is VerifySnapshot's to check.
absl::StatusOr<Manifest> FromProto(const v1::Manifest& wire);

// Serialised mdrl.v1.Manifest, the bytes that name a policy. decode: DataLoss
// if the bytes are none, InvalidArgument as FromProto.
ManifestCodec WireManifestCodec();

}  // namespace mdrl

#endif  // MDRL_COMMON_WIRE_MANIFEST_WIRE_H_
