// Everything the learner needs to know, read and checked once. Plain values: no
// Torch, no protobuf.
#ifndef MDRL_SERVICES_LEARNER_OPTIONS_H_
#define MDRL_SERVICES_LEARNER_OPTIONS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/base/log.h"
#include "common/tasks/prompt_template.h"
#include "services/learner/algorithm/settings.h"
#include "services/learner/desk/desk_options.h"

namespace mdrl {

struct OptimizerSettings {
  enum class Decay { kConstant, kLinear, kCosine };
  double lr = 3e-6;
  double beta1 = 0.9, beta2 = 0.99;
  double eps = 1e-8;
  double weight_decay = 0.1;
  double grad_clip = 0.2;     // of the global norm; 0: none
  double warmup_ratio = 0.0;  // of all steps; used where warmup_steps is 0
  uint64_t warmup_steps = 0;
  Decay decay = Decay::kConstant;
  uint64_t micro_batch_tokens = 0;  // 0: chosen by the update
  uint32_t nonfinite_limit = 3;     // such steps in a row end the run
};

// One stage of supervised training before round 0, with its own optimizer.
struct SftSettings {
  std::string data;  // JSONL {"prompt", "answer"}
  uint64_t steps = 0;
  uint32_t batch = 0;
  OptimizerSettings optimizer;
};

struct EvaluationSettings {
  std::vector<std::string> sets;  // names; empty: every held-out set
  uint64_t every_rounds = 0;      // 0: never in between
  bool at_start = true;
  bool at_end = true;
  uint64_t max_prompts = 0;  // per set; 0: all
};

struct CheckpointSettings {
  uint64_t every_rounds = 0;  // 0: never in between
  uint32_t keep_last = 2;
  uint64_t keep_every_rounds = 0;
  bool on_drain = true;
  bool on_sigterm = false;
};

struct StopSettings {  // the first one reached ends the run; 0: never
  uint64_t rounds = 0;
  uint64_t steps = 0;
  double hours = 0.0;
  bool after_sft = false;  // no round at all
};

// Absent from the options: all weights are trained.
struct LoraRunSettings {
  uint32_t rank = 128;
  double alpha = 64;
  std::vector<std::string> targets = {"block"};
  bool ignore_unmatched_targets = false;
};

struct LearnerOptions {
  // What main was told beside the configuration.
  struct Flags {
    std::string config;
    std::string listen;   // empty: the configuration's
    std::string run_dir;  // likewise
    bool resume = false;
    // When `up` was started, for wall_seconds; absent: the process's start.
    std::optional<absl::Time> started;
  };

  std::string run_name;
  std::string order;  // of the schedule: "fixed_lag"
  std::string metrics_listen;
  uint32_t max_series = 3000;
  std::string run_dir;
  std::string listen;
  bool insecure = false;
  bool resume = false;
  std::optional<absl::Time> started;
  uint64_t seed = 0;
  uint32_t threads = 1;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kJson;
  std::string config_text;  // resolved, as it stands in the run folder
  Digest result_sha256;     // of what can change a number: starts the chain

  std::string model_path;
  bool random_init = false;
  std::optional<LoraRunSettings> lora;
  std::vector<SftSettings> sft;
  AlgorithmSettings algorithm;  // its mask_id is filled in by the model's
  OptimizerSettings optimizer;
  uint32_t iterations = 1;
  uint32_t minibatches = 1;
  bool skip_zero_spread = true;
  bool measure_kl_rollout = false;
  std::vector<std::string> forbid;  // words or ids; main resolves them
  StopSettings stop;
  EvaluationSettings evaluation;
  CheckpointSettings checkpoint;
  absl::Duration commit_delay;
  uint32_t commit_events = 256;
  uint32_t ledger_queue = 4096;
  uint64_t keep_events = 0;
  absl::Duration grace;
  absl::Duration explain_after = absl::Seconds(30);
  absl::Duration alarm_after = absl::Seconds(900);
  bool exit_on_alarm = false;

  // By task; one that is not here takes its prompts' turns as they are.
  std::map<std::string, PromptTemplate> templates;

  // Filled as far as the configuration goes; main adds hashes, ids and the
  // tokenizer.
  DeskOptions desk;
};

// Reads the file that `flags` name, with defaults, environment and checks.
// InvalidArgument: a sentence with line and key.
absl::StatusOr<LearnerOptions> LoadLearnerOptions(
    const LearnerOptions::Flags& flags);

// Makes sure that every prompt leaves room for a canvas: lowers
// desk.max_prompt_tokens to what the largest canvas of training, and of the
// evaluations if there are any, leaves of the model's `positions`.
// InvalidArgument: it leaves nothing.
absl::Status FitToContext(int64_t positions, LearnerOptions& options);

// Token ids of the words in rollout.decode.forbid: mask, eos, pad or a number.
// InvalidArgument names the word that is none of them.
absl::StatusOr<std::vector<uint32_t>> ForbiddenIds(
    const std::vector<std::string>& words, int32_t mask_id, int32_t eos_id,
    int32_t pad_id, int64_t vocabulary);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_OPTIONS_H_
