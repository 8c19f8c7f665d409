// `mdrlctl config check|print FILE`: what a run configuration says, before
// anything is started.
#ifndef MDRL_CLIENT_COMMAND_CONFIG_H_
#define MDRL_CLIENT_COMMAND_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/command/session.h"

namespace mdrl {

struct ConfigOptions {
  std::string file;
  std::vector<std::string> sets;
  bool resolved = false;  // print: with every default
};

// Prints the derived numbers. InvalidArgument CONFIGURATION with every finding.
absl::Status RunConfigCheck(const Session& session,
                            const ConfigOptions& options);
// Prints the file as it stands, or resolved: defaults, environment, --set.
absl::Status RunConfigPrint(const Session& session,
                            const ConfigOptions& options);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_CONFIG_H_
