// base_model_hash of a LoRA run: learner and workers read the base from their
// own disks, so its bytes themselves are compared.
#ifndef MDRL_COMMON_FORMAT_ADAPTER_BASE_HASH_H_
#define MDRL_COMMON_FORMAT_ADAPTER_BASE_HASH_H_

#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/format/model_folder.h"

namespace mdrl {

// SHA-256 over the canonical config.json, then per tensor by name: name, dtype,
// shape (list of u64), XXH3-128 of its bytes. Reads every byte of the weights.
absl::StatusOr<Digest> AdapterBaseModelHash(const ModelFolder& folder);

}  // namespace mdrl

#endif  // MDRL_COMMON_FORMAT_ADAPTER_BASE_HASH_H_
