// The folder of a run before its learner starts: is it free, and the files `up`
// puts there.
//
//   RUN_DIR/config.resolved.yaml   what the services read
//   RUN_DIR/data/*.jsonl           prompts and demonstrations that were made
//   RUN_DIR/logs/*.log             standard error of each process
//   RUN_DIR/prometheus/            prometheus.h
#ifndef MDRL_CLIENT_LAUNCH_RUN_FOLDER_H_
#define MDRL_CLIENT_LAUNCH_RUN_FOLDER_H_

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/tasks/prompt_file.h"
#include "mdrl/config/v1/run.pb.h"

namespace mdrl {

// Makes the folder if it is not there. FailedPrecondition RUN_DIR_IN_USE if a
// learner holds its lock, RUN_DIR_NOT_EMPTY if it holds anything and `resume`
// is false; nothing is changed then.
absl::Status ClaimRunFolder(const std::filesystem::path& folder, bool resume);

// Takes back what ClaimRunFolder, WriteFiles and the logs put there, and the
// folder itself if it is empty then. For a run that was refused before it
// began; does nothing where a ledger is.
void ForgetRunFolder(const std::filesystem::path& folder);

// A prompt set that `up` submits.
struct PlannedSet {
  std::string name;
  std::string task;
  bool held_out = false;
  std::optional<double> weight;
  PromptFile prompts;
};

struct PromptPlan {
  // Paths and contents of what is made, for WriteFiles.
  std::vector<std::pair<std::filesystem::path, std::string>> files;
  std::vector<PlannedSet> sets;  // everything `submit` lists, read or made
};

// Makes what `submit: make` and `sft: make` describe, names the files
// FOLDER/data/*.jsonl instead of them in `run`, and reads the files that
// `submit` names. With `test_set` the puzzles of that file take the place of
// the first held-out set. Changes nothing on disk. InvalidArgument: what the
// generator or a file refuses, with key or line; NotFound: no such file.
absl::StatusOr<PromptPlan> PlanPrompts(
    const std::filesystem::path& folder,
    const std::optional<std::filesystem::path>& test_set, config::v1::Run* run);

absl::Status WriteFiles(const PromptPlan& plan);

}  // namespace mdrl

#endif  // MDRL_CLIENT_LAUNCH_RUN_FOLDER_H_
