// Checkpoints: folders that appear whole, by atomic rename, or not at all.
//
//   <root>/LATEST               one line: step-000400
//   <root>/step-000400/         model files, training/…, MANIFEST.json
//
// A folder whose manifest does not verify does not exist: nothing here ever
// returns one. Order of a checkpoint: Write(), the ledger's row, MarkLatest(),
// Prune(). Layout: docs/protocol.md, section 9.
//
// Thread-compatible: one writer at a time; what was written is immutable.
#ifndef MDRL_SERVICES_LEARNER_POLICY_CHECKPOINT_H_
#define MDRL_SERVICES_LEARNER_POLICY_CHECKPOINT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/id.h"

namespace mdrl {

struct CheckpointManifest;

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

// A file of the folder. `name` may have folders, '/' between them.
struct CheckpointFile {
  std::string name;
  std::string_view bytes;  // borrowed for the call
};

struct CheckpointContents {
  std::vector<CheckpointFile> files;  // without state.json and MANIFEST.json
  TrainingState state;
  RunId run_id;
  uint64_t epoch = 0;
  uint64_t ledger_seq = 0;
  std::string build;
  Digest config_sha256;
};

// A checkpoint that verified.
struct Checkpoint {
  std::string name;  // step-000400
  std::string path;
  Digest manifest_sha256;
  uint64_t bytes = 0;
  RunId run_id;
  uint64_t epoch = 0;
  uint64_t ledger_seq = 0;
  std::string build;
  Digest config_sha256;
  std::vector<std::string> files;  // sorted; all hashed
  TrainingState state;
};

inline constexpr uint64_t kManifestSchema = 1;

class CheckpointFolder {
 public:
  struct Options {
    std::string root;                // <run.dir>/checkpoints; made if missing
    uint64_t keep_last = 2;          // at least 2
    uint64_t keep_every_rounds = 0;  // 0: none
    // Called before every operation that changes files; for crash tests.
    std::function<void(std::string_view operation)> fail_point = nullptr;
  };

  // REQUIRES: keep_last >= 2: the newest may turn out to be torn.
  explicit CheckpointFolder(Options options);

  // Writes the folder and gives it its name. The files' bytes are read again
  // and hashed from the disk. InvalidArgument: a file's name leaves the
  // folder, or comes twice. DataLoss: what was read is not what was written.
  // Other codes: the disk refuses; nothing is left but a `.tmp-…` folder,
  // which the next Write() or Prune() removes. A valid folder of the same step
  // is kept as it is and returned.
  absl::StatusOr<Checkpoint> Write(const CheckpointContents& contents);

  // Start-up will take this one first. REQUIRES: written before.
  absl::Status MarkLatest(const std::string& name);

  // LATEST if it verifies, else the newest that does. NotFound: there is none.
  absl::StatusOr<Checkpoint> FindNewest() const;

  // Verifies one folder: every file, its size and its hash. DataLoss names the
  // first that differs; NotFound: no such folder.
  static absl::StatusOr<Checkpoint> Verify(const std::string& path);

  // Removes what is past keep_last, except every keep_every_rounds-th round's,
  // those in `pinned`, and the one that LATEST names. Returns their names.
  absl::StatusOr<std::vector<std::string>> Prune(
      const std::set<std::string>& pinned);

 private:
  void At(std::string_view operation) const;
  // Names of finished folders, oldest first.
  std::vector<std::string> Names() const;
  // Empty if there is no LATEST, or if it holds no plain name.
  std::string LatestName() const;
  absl::Status RemovePending();
  absl::Status WriteFile(const std::string& path, std::string_view bytes);
  absl::StatusOr<CheckpointManifest> WriteFiles(
      const std::string& folder, const CheckpointContents& contents);

  const Options options_;
  // Rounds of the folders that verified, by name: they do not change again.
  std::map<std::string, uint64_t> written_;
};

// "step-000400"; names sort as steps do.
std::string CheckpointName(uint64_t step);

std::string TrainingStateJson(const TrainingState& state);
// DataLoss unless the text is a state.
absl::StatusOr<TrainingState> ParseTrainingState(std::string_view json);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_POLICY_CHECKPOINT_H_
