// A run configuration as YAML text.
#ifndef MDRL_COMMON_CONFIG_PRINT_CONFIG_H_
#define MDRL_COMMON_CONFIG_PRINT_CONFIG_H_

#include <string>
#include <vector>

#include "mdrl/config/v1/run.pb.h"

namespace mdrl {

// Every key with its value, `auto` where it is absent, in the order of
// run.proto: what config.resolved.yaml holds. LoadConfig of the text gives
// `run` again. REQUIRES: `run` came from LoadConfig, or was changed only in
// single values.
std::string PrintConfig(const config::v1::Run& run);

// A key with its value as YAML: "sft[0].steps", "900". A list of single values
// is one value; an empty list of sections is the value "[]".
struct ConfigValue {
  std::string key;
  std::string text;
};
// What PrintConfig prints, without its sections.
std::vector<ConfigValue> FlatConfig(const config::v1::Run& run);

}  // namespace mdrl

#endif  // MDRL_COMMON_CONFIG_PRINT_CONFIG_H_
