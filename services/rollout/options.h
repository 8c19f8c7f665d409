// The command line of mdrl-rollout, and the part of the run configuration that
// it reads. Plain values: no Torch, no protobuf.
#ifndef MDRL_SERVICES_ROLLOUT_OPTIONS_H_
#define MDRL_SERVICES_ROLLOUT_OPTIONS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/log.h"

namespace mdrl {

// What `mdrl-rollout --help` prints.
extern const char kRolloutUsage[];

struct RolloutFlags {
  enum class Command { kServe, kHelp, kVersion };
  Command command = Command::kServe;
  std::string config;
  std::vector<std::string> sets;     // "a.b=c", over the file
  std::string learner;               // empty: the configuration's
  std::vector<std::string> rewards;  // likewise
  std::string name;                  // empty: made of host and process
  uint32_t threads = 0;              // 0: the configuration's
  uint32_t lanes = 0;
  int64_t parent = 0;  // process to end with; 0: none
};

// InvalidArgument USAGE names the argument. `arguments`: without the program.
absl::StatusOr<RolloutFlags> ParseRolloutFlags(
    std::span<const std::string_view> arguments);

struct RolloutOptions {
  std::string run;                 // its name, for log lines
  std::vector<std::string> tasks;  // of the configuration
  std::string metrics_listen;
  uint32_t max_series = 3000;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kJson;
  std::string name;
  std::string model_path;
  bool lora = false;  // snapshots are adapters of that model
  std::string learner;
  std::vector<std::string> rewards;

  uint32_t lanes = 1;
  int threads_per_lane = 1;
  uint32_t capacity = 0;  // leases held; 0: two full batches per lane
  uint32_t block_tokens = 1;
  uint32_t policies_kept = 2;
  uint32_t data_channels = 2;

  absl::Duration heartbeat;
  absl::Duration lease_wait;
  absl::Duration score_attempt;
  int score_attempts = 3;
  absl::Duration score_total;
  absl::Duration submit_total;
  absl::Duration chunk;
  absl::Duration policy_wait;
  absl::Duration warmup;
  absl::Duration reconnect_for;
};

// Reads flags.config. InvalidArgument or NotFound CONFIGURATION: the file is
// wrong; PermissionDenied INSECURE_ADDRESS: it asks for TLS, which this build
// does not have. `cores`: of this machine.
absl::StatusOr<RolloutOptions> MakeRolloutOptions(const RolloutFlags& flags,
                                                  uint32_t cores);

// How many rows may share a forward: as many as keep a step's logits in a
// quarter of a gigabyte, and no more than make a forward faster per row.
uint32_t RowsPerForward(int64_t vocab, uint32_t block_tokens);

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_OPTIONS_H_
