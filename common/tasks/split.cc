#include "common/tasks/split.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace mdrl {
namespace {

constexpr Split kSplits[] = {Split::kTrain, Split::kValidation, Split::kTest,
                             Split::kTrainAndValidation};

}  // namespace

std::string_view SplitName(Split split) {
  switch (split) {
    case Split::kTrain:
      return "train";
    case Split::kValidation:
      return "validation";
    case Split::kTest:
      return "test";
    case Split::kTrainAndValidation:
      return "train_and_validation";
  }
  return "";
}

absl::StatusOr<Split> ParseSplit(std::string_view name) {
  for (const Split split : kSplits) {
    if (SplitName(split) == name) return split;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", std::string(name),
                   "\" is not a split; train, validation, test and "
                   "train_and_validation are"));
}

bool IsPartOf(Split part, Split split) {
  if (split != Split::kTrainAndValidation) return part == split;
  return part == Split::kTrain || part == Split::kValidation;
}

}  // namespace mdrl
