// Truths that are one answer: gsm8k, math, exact_match and numeric.
//
// Functions without state; safe from any thread.
#ifndef MDRL_COMMON_TASKS_ANSWER_TRUTH_H_
#define MDRL_COMMON_TASKS_ANSWER_TRUTH_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mdrl {

// {"answer": TEXT}: math and exact_match. InvalidArgument: another shape.
absl::StatusOr<std::string> ParseAnswerTruth(std::string_view truth);

// {"answer": TEXT or null}: gsm8k. TEXT is the gold answer letter by letter,
// "1,600" with its separator; nullopt: nobody knows it, and no answer is right.
// InvalidArgument: another shape, or a text that is no number.
struct Gsm8kTruth {
  std::optional<std::string> answer;
  double value = 0.0;  // of the answer; 0 without one
};
absl::StatusOr<Gsm8kTruth> ParseGsm8kTruth(std::string_view truth);

// {"answer": NUMBER, "tolerance": NUMBER}: numeric. The number may be a JSON
// number or a text such as "3/4", "1,600" or "-0.5"; the tolerance, at most
// this far from it, is 0 where it is absent.
struct NumericTruth {
  double answer = 0.0;
  double tolerance = 0.0;
};
absl::StatusOr<NumericTruth> ParseNumericTruth(std::string_view truth);

// One number as people write it: a sign, thousands separators, a decimal point
// or a fraction "3/4", exponent; white space and a dollar sign around it.
// nullopt: anything else. Thousands separators must stand in threes.
std::optional<double> ParsePlainNumber(std::string_view text);

std::string AnswerTruthJson(std::string_view answer);

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_ANSWER_TRUTH_H_
