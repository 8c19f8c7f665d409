// MANIFEST.json and training/state.json of a checkpoint: values to text and
// back.
//
// Pure functions. What is read may be torn or foreign: errors are DataLoss.
#ifndef MDRL_SERVICES_LEARNER_POLICY_CHECKPOINT_MANIFEST_H_
#define MDRL_SERVICES_LEARNER_POLICY_CHECKPOINT_MANIFEST_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "services/learner/policy/checkpoint.h"

namespace mdrl {

struct CheckpointManifest {
  struct File {
    std::string name;
    uint64_t bytes = 0;
    Digest sha256;
  };
  RunId run_id;
  uint64_t epoch = 0;
  uint64_t ledger_seq = 0;
  std::string build;
  Digest config_sha256;
  uint64_t step = 0;
  std::vector<File> files;  // by name; the manifest itself is not among them
};

// Ends with self_sha256, the hash of the same text without it.
std::string ManifestJson(const CheckpointManifest& manifest);
// DataLoss: not byte for byte what ManifestJson wrote, or of a schema that this
// build does not know.
absl::StatusOr<CheckpointManifest> ParseManifest(std::string_view json);

// Relative, without empty, "." or ".." parts: it stays in its folder.
bool StaysInside(std::string_view name);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_POLICY_CHECKPOINT_MANIFEST_H_
