// `mdrlctl checkpoint ls|verify`: what a run saved, without a model or a run.
#ifndef MDRL_CLIENT_COMMAND_CHECKPOINT_H_
#define MDRL_CLIENT_COMMAND_CHECKPOINT_H_

#include <string>

#include "absl/status/status.h"
#include "client/command/session.h"

namespace mdrl {

struct CheckpointListOptions {
  std::string folder;  // of a run, of its checkpoints, or one checkpoint
  bool csv = false;
};

// Every checkpoint, oldest first, and whether it verifies: all bytes are read.
// NotFound: there is none.
absl::Status RunCheckpointList(const Session& session,
                               const CheckpointListOptions& options);

struct CheckpointVerifyOptions {
  std::string folder;  // as above; of a run, the one LATEST names
};

// The manifest, every file's size and hash, and that the headers of the
// weights are safetensors. DataLoss DOES_NOT_VERIFY naming the first file that
// is not what it should be.
absl::Status RunCheckpointVerify(const Session& session,
                                 const CheckpointVerifyOptions& options);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_CHECKPOINT_H_
