// Prompts and demonstrations for the tasks that need no data file.
//
// Item i is a pure function of (task, split, seed, i): a longer set starts with
// the shorter one. Numbers: Philox stream 7, key of (seed, purpose 0,
// SHA-256("mdrl.make", task, split)[0:16]), c1 = i (modulo 2^32), c2 = 0 for
// the prompt and 1 for its demonstration.
//
// Functions without state; safe from any thread.
#ifndef MDRL_COMMON_TASKS_PROMPT_MAKER_H_
#define MDRL_COMMON_TASKS_PROMPT_MAKER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/record/prompt.h"
#include "common/tasks/check_truth.h"
#include "common/tasks/countdown.h"
#include "common/tasks/split.h"

namespace mdrl {

struct MakeOptions {
  std::string task;    // one of GeneratedTasks()
  uint64_t count = 0;  // 1 to 10^6
  uint64_t seed = 0;
  Split split = Split::kTrain;
  double careless =
      0.0;  // demonstrations, sudoku4: probability of a careless answer
};

// A prompt and the answer the model is shown for it.
struct Demonstration {
  std::string prompt;
  std::string answer;
  friend bool operator==(const Demonstration&, const Demonstration&) = default;
};

// The tasks that have a generator, sorted.
std::vector<std::string> GeneratedTasks();

// InvalidArgument names the option that is out of range.
absl::StatusOr<std::vector<Prompt>> MakePrompts(const MakeOptions& options);
// sudoku4: the solution, or a careless answer; sudoku9: the solution;
// countdown: an expression; sort: the digits in random order, never on purpose
// the right one.
absl::StatusOr<std::vector<Demonstration>> MakeDemonstrations(
    const MakeOptions& options);

// "Numbers: [3, 25, 7]\nTarget: 82", as the published sets ask.
Prompt CountdownPrompt(const CountdownTruth& truth, std::string id);
// One prompt of its task: a user turn "<bos>" + digits + "<sep>".
Prompt Sudoku4Prompt(const Sudoku4Truth& truth, std::string id);
Prompt SortPrompt(std::string_view digits, std::string id);

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_PROMPT_MAKER_H_
