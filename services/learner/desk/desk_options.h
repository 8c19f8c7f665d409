// Everything the front desk needs to know, filled once by options.cc from the
// run configuration. Plain values.
#ifndef MDRL_SERVICES_LEARNER_DESK_DESK_OPTIONS_H_
#define MDRL_SERVICES_LEARNER_DESK_DESK_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/group.h"
#include "common/record/lease.h"
#include "common/record/prompt.h"

namespace mdrl {

struct DeskMetrics;

// `tasks.<name>`: how a set's completions are scored.
struct TaskOptions {
  std::string rubric;
  std::string eval_rubric;
  std::map<std::string, double> weights;  // of the rubric, by component
  bool keep_text_after_eos = false;
  // In training, of a completion without a verdict; absent: the rubric's own.
  std::optional<double> failure_reward = {};
};

struct DeskOptions {
  RunId run_id;
  uint64_t epoch = 0;
  uint64_t seed = 0;
  Build build;
  Digest base_model_hash;
  Digest tokenizer_hash;
  std::string rollout_config;  // handed to workers at Register, as it is
  bool same_build = true;      // fixed_lag: another build is refused
  uint32_t vocabulary = 0;     // token ids are below this

  // schedule
  uint64_t groups_per_round = 1;  // B
  uint32_t group_size = 2;        // G
  uint64_t max_staleness = 0;     // k
  uint64_t rounds_limit = 0;      // stop after so many rounds; 0: never
  DecodeSettings decode;
  std::map<std::string, TaskOptions> tasks;

  // prompts
  uint32_t max_prompt_tokens = 1024;
  uint32_t context = 0;        // the model's positions; 0: not known
  bool truncate_left = false;  // else over-long prompts are counted and skipped
  bool shuffled = true;
  uint32_t quarantine_after = 2;
  uint32_t max_attempts = 8;

  // evaluation
  std::vector<DecodeSettings> eval_decode;
  uint32_t eval_group_size = 1;
  double eval_share = 0.25;

  // timeouts
  absl::Duration heartbeat = absl::Seconds(1);
  absl::Duration lease_for = absl::Seconds(15);
  absl::Duration stall = absl::Seconds(10);
  absl::Duration group_deadline = absl::Seconds(300);
  absl::Duration warmup = absl::Seconds(300);

  // Templates and tokenises a prompt. Thread-safe.
  std::function<absl::StatusOr<std::vector<int32_t>>(const Prompt&)> tokenize;
  // Checks a prompt's truth for its task. A text that is not empty is a
  // remark to be counted and said ("several solutions"), not a refusal.
  // Thread-safe; may be empty.
  std::function<absl::StatusOr<std::string>(const Prompt&)> validate;
  GroupCodec group_codec;  // for the ledger
  // A completion's tokens as people read them. Thread-safe; may be empty.
  std::function<std::string(const std::vector<int32_t>&)> text_of;
  DeskMetrics* metrics = nullptr;  // counts; outlives the desk
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DESK_DESK_OPTIONS_H_
