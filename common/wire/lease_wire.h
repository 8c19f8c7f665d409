// Leases, their keys and decode settings <-> mdrl.v1. Pure functions; errors as
// in fields.h.
#ifndef MDRL_COMMON_WIRE_LEASE_WIRE_H_
#define MDRL_COMMON_WIRE_LEASE_WIRE_H_

#include "absl/status/statusor.h"
#include "common/record/lease.h"
#include "mdrl/v1/types.pb.h"

namespace mdrl {

v1::LeaseKey ToProto(const LeaseKey& key);
// The attempt counts from 1.
absl::StatusOr<LeaseKey> FromProto(const v1::LeaseKey& wire);

v1::DecodeSettings ToProto(const DecodeSettings& settings);
// Complete settings only: temperature and all enums set, the block divides the
// canvas, and a threshold is there if it is used. Who allows gaps fills them
// before.
absl::StatusOr<DecodeSettings> FromProto(const v1::DecodeSettings& wire);

v1::Lease ToProto(const Lease& lease);
// Also: at least one decode step per block, a positive lease time and deadline,
// token ids not negative (the vocabulary is the receiver's to check).
absl::StatusOr<Lease> FromProto(const v1::Lease& wire);

}  // namespace mdrl

#endif  // MDRL_COMMON_WIRE_LEASE_WIRE_H_
