// Truths of the tasks whose answers are programs: humaneval, mbpp and
// python_tests.
//
// Functions without state; safe from any thread.
#ifndef MDRL_COMMON_TASKS_CODE_TRUTH_H_
#define MDRL_COMMON_TASKS_CODE_TRUTH_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mdrl {

// {"tests": TEXT, "entry": NAME, "prefix": TEXT}: humaneval and mbpp. `tests`
// are statements, `entry` is the function they are about, `prefix` (may be left
// out) is what the prompt has given of the program already.
struct FunctionTruth {
  std::string tests;
  std::string entry;
  std::string prefix;
};
// InvalidArgument: another shape, no tests, or an entry that is no name.
absl::StatusOr<FunctionTruth> ParseFunctionTruth(std::string_view truth);
std::string ToJson(const FunctionTruth& truth);

// {"tests": TEXT}: python_tests, a file of test_... functions or classes.
// InvalidArgument: another shape, or nothing in it is a test.
absl::StatusOr<std::string> ParsePythonTests(std::string_view truth);

// The NAME of the last line "check(NAME)" of `tests`; empty: there is none.
std::string CheckedFunction(std::string_view tests);

// What stands behind the first "```python" line of `text`; empty: nothing does.
std::string CodeBehindFence(std::string_view text);

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_CODE_TRUTH_H_
