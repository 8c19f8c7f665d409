// `mdrl-learner merge`: a base and an adapter become one model folder.
#ifndef MDRL_SERVICES_LEARNER_COMMAND_MERGE_H_
#define MDRL_SERVICES_LEARNER_COMMAND_MERGE_H_

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mdrl {

// What `mdrl-learner merge --help` prints.
extern const char kMergeUsage[];

struct MergeFlags {
  bool help = false;
  std::string adapter;  // a PEFT folder, or a checkpoint of a LoRA run
  std::string base;
  std::string to;
  bool ignore_unmatched_targets = false;
};

// `arguments`: behind the word "merge". InvalidArgument USAGE names the
// argument.
absl::StatusOr<MergeFlags> ParseMergeFlags(
    std::span<const std::string_view> arguments);

struct MergeReport {
  size_t matrices = 0;  // that the adapter changes
  std::string dtype;    // they are written in: as the base stores them
  // |written - wanted| / |update| over all of them: what rounding to that type
  // took away.
  double lost = 0.0;
};

// Writes `flags.to`: the base's weight files with W + scale B A, computed in
// float32 and stored as the base stores W, and every other file of the base as
// it is. One weight file at a time is in memory. Appears whole or not at all.
// InvalidArgument: `to` exists, or the adapter is for another base (every
// tensor that does not fit is named).
absl::StatusOr<MergeReport> Merge(const MergeFlags& flags);

// "merge: 224 matrices in float32, written as BF16; 38 % of the update lost to
// rounding: ..."
std::string MergeReportText(const MergeReport& report);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_COMMAND_MERGE_H_
