// Programs that attack the sandbox, each with the end it must get. None may
// pass its tests.
#ifndef MDRL_TESTS_SERVICES_REWARD_SANDBOX_HOSTILE_PROGRAMS_H_
#define MDRL_TESTS_SERVICES_REWARD_SANDBOX_HOSTILE_PROGRAMS_H_

#include <span>

#include "services/reward/sandbox/program_limits.h"

namespace mdrl {

struct HostileProgram {
  const char* name;
  const char* program;
  ProgramResult::End end;
  // Of the function f; nullptr: kHostileTests.
  const char* tests = nullptr;
  bool objects = false;
};

inline constexpr char kHostileTests[] = "assert f(1) == 2\nassert f(5) == 6\n";

// In front of every program: attempt(word) makes f right if `word` is true,
// wrong if not, so that an attack that works passes its tests, which the
// corpus' test then reports.
extern const char kAttempt[];

std::span<const HostileProgram> HostilePrograms();

ProgramJob JobOf(const HostileProgram& hostile);

}  // namespace mdrl

#endif  // MDRL_TESTS_SERVICES_REWARD_SANDBOX_HOSTILE_PROGRAMS_H_
