// One program and its tests, from start to a verdict. Runs in a process of its
// own, which the launcher makes for it.
//
// Two interpreters, each behind walls of its own (interpreter.h):
//
//   judge    has the tests, the verdict's pipe and a secret; runs no line of
//            the program
//   program  has the program and a link to the judge; no test, no expected
//            value, no secret, no other way out
//
// The tests run in the judge. A function of the program that they call is a
// question over the link: arguments go as plain values, the answer comes back
// as plain values (wire.py). So whatever the program does to its interpreter,
// its exit code, its streams, its builtins, its modules, it can only answer
// what it is asked, without seeing what is expected; equality is the judge's.
//
// What it can still do: answer by luck, by recognising a public test's
// arguments, or, in tests that ask objects of its own classes
// (ProgramJob::objects), by the methods of these: such tests take the word of
// `stack.is_empty()` as they would anywhere. An order or arithmetic of its
// objects with a test's own values is refused, so that no object is shown what
// it ought to equal.
#ifndef MDRL_SERVICES_REWARD_SANDBOX_RUN_PROGRAM_H_
#define MDRL_SERVICES_REWARD_SANDBOX_RUN_PROGRAM_H_

#include "services/reward/sandbox/interpreter.h"
#include "services/reward/sandbox/program_limits.h"

namespace mdrl {

// Fixed-size: they travel as one message. Same program at both ends.
struct RunOrder {
  uint64_t cpu_seconds = 0;
  int64_t wall_microseconds = 0;
  uint64_t memory_bytes = 0;
  uint64_t output_bytes = 0;
  uint64_t scratch_bytes = 0;
  uint32_t processes = 0;
  Walls walls = Walls::kStrong;
  char secret[33] = {};
};

struct RunReply {
  ProgramResult::End end = ProgramResult::End::kCrash;
  ProgramResult::Kill kill = ProgramResult::Kill::kNone;
  bool service_error = false;  // ours: there is no result; `message` says why
  bool spoofed = false;
  uint32_t passed = 0;
  uint32_t total = 0;
  int64_t took_microseconds = 0;
  char message[240] = {};
};

// `program` and `job` are files with the program and the judge's job, `filter`
// one with the seccomp filter; `caller` is watched: its other end closed means
// that nobody waits any more. When this returns no process is left below this
// one. REQUIRES: this process has one thread and no other children.
RunReply RunProgram(const RunOrder& order, int program, int job, int filter,
                    int caller);

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_SANDBOX_RUN_PROGRAM_H_
