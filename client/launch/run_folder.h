// The folder of a run before its learner starts: is it free, and the files `up`
// puts there.
//
//   RUN_DIR/config.resolved.yaml   what the services read
//   RUN_DIR/data/*.jsonl           prompts and demonstrations that were made
//   RUN_DIR/logs/*.log             standard error of each process
#ifndef MDRL_CLIENT_LAUNCH_RUN_FOLDER_H_
#define MDRL_CLIENT_LAUNCH_RUN_FOLDER_H_

#include <filesystem>
#include <optional>

#include "absl/status/status.h"
#include "mdrl/config/v1/run.pb.h"

namespace mdrl {

// Makes the folder if it is not there. FailedPrecondition RUN_DIR_IN_USE if a
// learner holds its lock, RUN_DIR_NOT_EMPTY if it holds anything and `resume`
// is false; nothing is changed then.
absl::Status ClaimRunFolder(const std::filesystem::path& folder, bool resume);

// Writes what `submit: make` and `sft: make` describe as JSON lines under
// FOLDER/data and names these files in `run` instead. With `test_set` the
// puzzles of that file take the place of the first held-out set of a task that
// can read it. InvalidArgument: what the generator or the file refuses.
absl::Status ExpandPrompts(const std::filesystem::path& folder,
                           const std::optional<std::filesystem::path>& test_set,
                           config::v1::Run* run);

}  // namespace mdrl

#endif  // MDRL_CLIENT_LAUNCH_RUN_FOLDER_H_
