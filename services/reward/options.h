// The command line of mdrl-reward, and the part of the run configuration that
// it reads.
#ifndef MDRL_SERVICES_REWARD_OPTIONS_H_
#define MDRL_SERVICES_REWARD_OPTIONS_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/log.h"
#include "services/reward/sandbox/program_limits.h"

namespace mdrl {

// What `mdrl-reward --help` prints.
extern const char kRewardUsage[];

struct RewardFlags {
  enum class Command { kServe, kScore, kHelp, kVersion };
  Command command = Command::kServe;
  std::string config;             // a run configuration; empty: none
  std::vector<std::string> sets;  // "a.b=c", over the file
  // serve
  std::string listen;  // empty: the configuration's, or the default
  // score
  std::string task;
  std::string rubric;  // empty: score_lines.h says which
  std::string in;
  std::string out;
  std::map<std::string, double> weights;
};

// InvalidArgument USAGE names the argument. `arguments`: without the program.
absl::StatusOr<RewardFlags> ParseRewardFlags(
    std::span<const std::string_view> arguments);

struct RewardOptions {
  std::string listen = "127.0.0.1:7071";
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kJson;
  std::string run;  // its name, for log lines
  // Without a configuration: a free port.
  std::string metrics_listen = "127.0.0.1:0";
  uint32_t max_series = 3000;
  ProgramLimits programs;
  size_t programs_side_by_side = 6;  // of one request; auto: a group's size
  bool weak_sandbox = false;
};

// Reads flags.config, if any. InvalidArgument or NotFound CONFIGURATION: the
// file is wrong; PermissionDenied INSECURE_ADDRESS: it asks for TLS, which
// this build does not have.
absl::StatusOr<RewardOptions> MakeRewardOptions(const RewardFlags& flags);

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_OPTIONS_H_
