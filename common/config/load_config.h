// One YAML file, the environment and --set become the run configuration.
//
//   MDRL_ASSIGN_OR_RETURN(LoadedConfig config,
//                         LoadConfig({.path = "run.yaml",
//                                     .environment = ProcessEnvironment()}));
//
// Defaults < file < environment (MDRL_A__B) < sets (a.b=c); ${env:NAME} in any
// value of the file expands. Whether the keys fit each other is asked of
// check_config.h. Pure but for reading the file.
#ifndef MDRL_COMMON_CONFIG_LOAD_CONFIG_H_
#define MDRL_COMMON_CONFIG_LOAD_CONFIG_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "mdrl/config/v1/run.pb.h"

namespace mdrl {

struct LoadOptions {
  std::string path = {};                 // names the file in errors, too
  std::optional<std::string> text = {};  // instead of the file's contents
  std::map<std::string, std::string> environment = {};
  std::vector<std::string> sets = {};  // "a.b=c", in order
};

struct LoadedConfig {
  config::v1::Run run;
  // Where each key that is not at its default was set, for messages:
  // "run.seed" -> "line 12". Elements of a list are "sft[0].steps".
  std::map<std::string, std::string> sources;

  bool IsSet(const std::string& key) const { return sources.contains(key); }
};

// InvalidArgument "FILE: line N: section.key: what is wrong and what would be
// right" for the first thing wrong; NotFound if the file cannot be read. Both
// carry the reason CONFIGURATION.
absl::StatusOr<LoadedConfig> LoadConfig(const LoadOptions& options);

// The same, but what is wrong does not end it: `errors` gets every such thing
// as "line N: section.key: ...", and those keys keep their defaults. Not OK
// only if there is no file or no YAML in it.
absl::StatusOr<LoadedConfig> LoadConfigAnyway(const LoadOptions& options,
                                              std::vector<std::string>* errors);

// "run.seed" of MDRL_RUN__SEED; empty for variables that are no keys, such as
// MDRL_GOLDEN_DIR.
std::string ConfigKeyOfVariable(std::string_view name);

// Name -> value of this process's environment.
std::map<std::string, std::string> ProcessEnvironment();

}  // namespace mdrl

#endif  // MDRL_COMMON_CONFIG_LOAD_CONFIG_H_
