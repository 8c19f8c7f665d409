// Sorting four digits: draws, the split by multiset, and demonstrations.
//
// The 715 multisets are split by a hash of the sorted digits s_1..s_4:
// h = (sum of s_i (7919 i + 13)) * 2654435761 mod 2^32, integer-divided by
// 1024, mod 10; 0 is validation (57 multisets), 1 test (71), the rest training
// (587).
//
// Functions without state; safe from any thread.
#ifndef MDRL_COMMON_TASKS_SORT_H_
#define MDRL_COMMON_TASKS_SORT_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/base/philox.h"
#include "common/tasks/split.h"

namespace mdrl {

inline constexpr int kSortDigits = 4;

// InvalidArgument unless `text` is four digits 0-9.
absl::Status CheckSortDigits(std::string_view text);

// The digits in ascending order: the right answer.
std::string Sorted(std::string digits);

// kTrain, kValidation or kTest. REQUIRES: CheckSortDigits(digits) is OK.
Split SortSplit(std::string_view digits);

// Four uniform digits, drawn again until they belong to `split`.
std::string DrawSort(Split split, PhiloxSequence& random);

// The digits in a uniformly random order: what the warm start is shown.
std::string ShuffledAnswer(std::string_view digits, PhiloxSequence& random);

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_SORT_H_
