// Tasks whose answer is a Python program, judged by tests in the sandbox.
//
// humaneval, mbpp: the tests are statements about one function; python_tests:
// a file of unit tests. Rubric train: `passed`, 1 where every test passes, for
// the first two; `tests`, the part of the unit tests that pass, and half a
// point for `program`, that there is one, for the third. eval: `passed` alone.
//
// The program is what stands in the last ``` fence, to its closing fence or the
// end; of humaneval and mbpp only a fence that defines the function counts, and
// else the text goes on where the truth's prefix ends, as the model was asked
// to. A python_tests text without a fence is a program if it defines something.
//
// Outcomes: kUnparsable, no program; kProgramTimeout; kProgramMemory;
// kProgramCrash, the program could not be loaded, or left before its tests were
// through. All of these earn 0. A failed test is kScored.
#ifndef MDRL_SERVICES_REWARD_VERIFY_CODE_H_
#define MDRL_SERVICES_REWARD_VERIFY_CODE_H_

#include <optional>
#include <string>
#include <string_view>

#include "services/reward/verify/verifier.h"

namespace mdrl {

const TaskEntry& HumanevalTask();
const TaskEntry& MbppTask();
const TaskEntry& PythonTestsTask();

// The content of the last ``` fence. nullopt: there is none.
std::optional<std::string_view> LastFence(std::string_view text);

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_CODE_H_
