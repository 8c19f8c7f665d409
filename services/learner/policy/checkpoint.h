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
#include "common/format/checkpoint_manifest.h"
#include "common/format/verify_checkpoint.h"

namespace mdrl {

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

  // Removes what is past keep_last, except every keep_every_rounds-th round's,
  // those in `pinned`, and the one that LATEST names. Returns their names.
  absl::StatusOr<std::vector<std::string>> Prune(
      const std::set<std::string>& pinned);

 private:
  void At(std::string_view operation) const;
  absl::Status RemovePending();
  absl::Status WriteFile(const std::string& path, std::string_view bytes);
  absl::StatusOr<CheckpointManifest> WriteFiles(
      const std::string& folder, const CheckpointContents& contents);

  const Options options_;
  // Rounds of the folders that verified, by name: they do not change again.
  std::map<std::string, uint64_t> written_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_POLICY_CHECKPOINT_H_
