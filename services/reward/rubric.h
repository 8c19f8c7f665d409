// A named, weighted sum of components; weight 0 is a measurement.
//
// Immutable value; safe from any thread.
#ifndef MDRL_SERVICES_REWARD_RUBRIC_H_
#define MDRL_SERVICES_REWARD_RUBRIC_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/record/group.h"
#include "services/reward/verify/verifier.h"

namespace mdrl {

class Rubric {
 public:
  // `weights` by component; one not named keeps the rubric's own.
  // InvalidArgument: unknown task, rubric or component, or a weight that is
  // not finite. The payload's field says which part of the request.
  static absl::StatusOr<Rubric> Create(
      std::string_view task, std::string_view rubric,
      const std::map<std::string, double>& weights);

  // reward = sum of weight x value. InvalidArgument: a truth of another task.
  // Any text has a score.
  absl::StatusOr<Score> ScoreText(std::string_view truth,
                                  std::string_view text) const;

 private:
  Rubric(const TaskEntry& task, const RubricEntry& entry);

  const TaskEntry* task_;
  const RubricEntry* entry_;
  std::vector<double> weights_;  // in the order of the components
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_RUBRIC_H_
