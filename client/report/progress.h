// What happens in a run, line by line, from the files that the learner writes.
//
// Not thread-safe.
#ifndef MDRL_CLIENT_REPORT_PROGRESS_H_
#define MDRL_CLIENT_REPORT_PROGRESS_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace mdrl {

// "round 12  step 24  reward 0.62  gap 0.31  lag 0.0  18.4 groups/s" of a line
// of steps.jsonl; empty if it is none. `groups_per_second` is left out where 0.
std::string StepLineText(std::string_view json, double groups_per_second);

class Progress {
 public:
  // Lines of an earlier life of the run are not told again. At most one line
  // about steps per `interval`.
  Progress(std::filesystem::path run_folder, absl::Duration interval);

  // What is new since the last call, one line each.
  std::vector<std::string> News(absl::Time now);

 private:
  std::vector<std::string> NewEvaluations();

  const std::filesystem::path steps_;
  const std::filesystem::path summary_;
  const absl::Duration interval_;
  uint64_t steps_offset_ = 0;  // bytes of whole lines that were read
  size_t evaluations_told_ = 0;
  absl::Time last_line_ = absl::InfinitePast();
  uint64_t groups_since_ = 0;  // the last line
  std::string newest_step_;    // not told yet
};

}  // namespace mdrl

#endif  // MDRL_CLIENT_REPORT_PROGRESS_H_
