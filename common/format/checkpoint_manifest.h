// MANIFEST.json and training/state.json of a checkpoint: values to text and
// back.
//
// Pure functions. What is read may be torn or foreign: errors are DataLoss.
#ifndef MDRL_COMMON_FORMAT_CHECKPOINT_MANIFEST_H_
#define MDRL_COMMON_FORMAT_CHECKPOINT_MANIFEST_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/id.h"

namespace mdrl {

inline constexpr uint64_t kManifestSchema = 1;

// Where they stand in a checkpoint's folder.
inline constexpr char kManifestFile[] = "MANIFEST.json";
inline constexpr char kStateFile[] = "training/state.json";

// Where training stands; training/state.json.
struct TrainingState {
  uint64_t step = 0;           // steps done
  uint64_t round = 0;          // rounds done: the next one to train
  uint64_t version = 0;        // that these weights are published as
  uint64_t schedule_step = 0;  // where the learning rate stands
  uint64_t seed = 0;
  Digest chain;
  // By prompt set (hash in hex): "pass/cursor". For a resume without a ledger.
  std::map<std::string, std::string> prompt_cursors;
  // Whatever else the algorithm carries from step to step, by name.
  std::map<std::string, std::string> algorithm;
  friend bool operator==(const TrainingState&, const TrainingState&) = default;
};

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

std::string TrainingStateJson(const TrainingState& state);
// DataLoss unless the text is a state.
absl::StatusOr<TrainingState> ParseTrainingState(std::string_view json);

// Relative, without empty, "." or ".." parts: it stays in its folder.
bool StaysInside(std::string_view name);

}  // namespace mdrl

#endif  // MDRL_COMMON_FORMAT_CHECKPOINT_MANIFEST_H_
