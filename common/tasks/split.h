// The disjoint parts of a generated task. Plain values.
#ifndef MDRL_COMMON_TASKS_SPLIT_H_
#define MDRL_COMMON_TASKS_SPLIT_H_

#include <string_view>

#include "absl/status/statusor.h"

namespace mdrl {

enum class Split {
  kTrain,
  kValidation,
  kTest,
  kTrainAndValidation,  // all but test: once every choice is made
};

// "train", "validation", "test", "train_and_validation".
std::string_view SplitName(Split split);
// InvalidArgument lists the names.
absl::StatusOr<Split> ParseSplit(std::string_view name);

// Whether `part` (never kTrainAndValidation) belongs to `split`.
bool IsPartOf(Split part, Split split);

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_SPLIT_H_
