// What follows from a run configuration and is asked for in several places.
// Pure functions.
#ifndef MDRL_COMMON_CONFIG_DERIVED_H_
#define MDRL_COMMON_CONFIG_DERIVED_H_

#include <google/protobuf/duration.pb.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "mdrl/config/v1/run.pb.h"

namespace mdrl {

// The settings of each evaluation: rollout.decode with evaluation.temperature
// and what the entry of evaluation.decode changes; one, without changes, where
// that list is empty.
std::vector<config::v1::Decode> EvaluationDecodes(const config::v1::Run& run);

// Whether `compat:` lists this word.
bool HasCompat(const config::v1::Run& run, std::string_view word);

// run.dir, or runs/<run.name>.
std::string RunFolder(const config::v1::Run& run);

// True for 127.0.0.0/8, [::1], localhost (any port) and unix:PATH.
bool IsLoopback(const std::string& address);

absl::Duration ToAbslDuration(const google::protobuf::Duration& duration);

}  // namespace mdrl

#endif  // MDRL_COMMON_CONFIG_DERIVED_H_
