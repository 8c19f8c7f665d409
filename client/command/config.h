// `mdrlctl config check|print|diff`: what a run configuration says, before
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

// Prints the derived numbers, and everything that is wrong: with --json both
// in one object. InvalidArgument CONFIGURATION (PermissionDenied, if security
// alone refuses) with every finding, one a line.
absl::Status RunConfigCheck(const Session& session,
                            const ConfigOptions& options);
// Prints the file as it stands, or resolved: defaults, environment, --set.
absl::Status RunConfigPrint(const Session& session,
                            const ConfigOptions& options);

struct ConfigDiffOptions {
  std::string file;               // what would be
  std::string other;              // what is: a file, or the folder of a run
  std::vector<std::string> sets;  // over `file`
};

// Every key that would change, and whether that needs a new run (!), counts
// from the next round after a resume (~), or is free.
absl::Status RunConfigDiff(const Session& session,
                           const ConfigDiffOptions& options);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_CONFIG_H_
