// Which keys of a run configuration contradict each other, or ask for what this
// build does not have.
//
// Pure. What a single value may be is the loader's business (load_config.h).
#ifndef MDRL_COMMON_CONFIG_CHECK_CONFIG_H_
#define MDRL_COMMON_CONFIG_CHECK_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/config/load_config.h"
#include "mdrl/config/v1/run.pb.h"

namespace mdrl {

struct ConfigFinding {
  std::string key;      // "rollout.decode.canvas_tokens"
  std::string message;  // one sentence: what is wrong, what would be right
  // Refused by security (exit 77) rather than a wrong configuration (78).
  bool security = false;
  friend bool operator==(const ConfigFinding&, const ConfigFinding&) = default;
};

// Everything found, in the order of the sections; empty if the run may start.
std::vector<ConfigFinding> CheckConfig(const config::v1::Run& run);

// "line 41: rollout.decode.canvas_tokens: ..."; no line for a default.
std::string FindingText(const ConfigFinding& finding,
                        const LoadedConfig& config);

// OK if CheckConfig finds nothing; else all findings, one a line.
// PermissionDenied if all are about security, InvalidArgument otherwise.
absl::Status RequireClean(const LoadedConfig& config);

}  // namespace mdrl

#endif  // MDRL_COMMON_CONFIG_CHECK_CONFIG_H_
