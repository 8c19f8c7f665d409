// Whether a checkpoint's folder is what its manifest says.
//
//   MDRL_ASSIGN_OR_RETURN(const Checkpoint checkpoint,
//                         VerifyCheckpoint("runs/a/checkpoints/step-000400"));
//
// A folder that does not verify does not exist: nothing may be read from it.
// Thread-safe.
#ifndef MDRL_COMMON_FORMAT_VERIFY_CHECKPOINT_H_
#define MDRL_COMMON_FORMAT_VERIFY_CHECKPOINT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/format/checkpoint_manifest.h"

namespace mdrl {

// Beside the folders: the name of the one that a start takes first.
inline constexpr char kLatestFile[] = "LATEST";

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

struct FileHash {
  uint64_t bytes = 0;
  Digest sha256;
};

// In pieces: a checkpoint may be larger than what memory has left. `text`, if
// given, gets the whole file. Errors are the system's.
absl::StatusOr<FileHash> HashFile(const std::string& path,
                                  std::string* text = nullptr);

// What `path` holds when all of it verified; `manifest_text` is the manifest's
// file.
Checkpoint DescribeCheckpoint(const std::string& path,
                              const CheckpointManifest& manifest,
                              std::string_view manifest_text,
                              TrainingState state);

// Reads every file, its size and its hash. DataLoss names the first that
// differs; NotFound: no such folder.
absl::StatusOr<Checkpoint> VerifyCheckpoint(const std::string& path);

// "step-000400"; names sort as steps do.
std::string CheckpointName(uint64_t step);

// Names of the finished folders in `root`, oldest first; none if there is no
// such folder.
std::vector<std::string> CheckpointNames(const std::string& root);

// What `root`/LATEST names; empty if there is no such file, or if it holds no
// checkpoint's name.
std::string LatestCheckpointName(const std::string& root);

}  // namespace mdrl

#endif  // MDRL_COMMON_FORMAT_VERIFY_CHECKPOINT_H_
