// Countdown: reach a target from given numbers with + - * /, each number once.
//
// Truth {"numbers": [..], "target": N}: 1 to 8 whole numbers from 0 to 10^9.
// Functions without state; safe from any thread.
#ifndef MDRL_COMMON_TASKS_COUNTDOWN_H_
#define MDRL_COMMON_TASKS_COUNTDOWN_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/philox.h"
#include "common/tasks/split.h"

namespace mdrl {

struct CountdownTruth {
  std::vector<int64_t> numbers;
  int64_t target = 0;
};

// InvalidArgument names the field.
absl::StatusOr<CountdownTruth> ParseCountdownTruth(std::string_view truth);
std::string ToJson(const CountdownTruth& truth);

// Which part a problem belongs to: a hash of its numbers in ascending order, so
// that no set of numbers stands in two parts. One in ten is validation, one in
// ten test.
Split CountdownSplit(std::vector<int64_t> numbers);

struct CountdownProblem {
  CountdownTruth truth;
  std::string expression;  // one that reaches the target, each number once
};

// Three numbers from 1 to 99 and what some expression makes of them, drawn
// again until they belong to `split`, the target is a whole number from 1 to
// 100 and none of the numbers.
CountdownProblem DrawCountdown(Split split, PhiloxSequence& random);

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_COUNTDOWN_H_
