// How an interpreter is started inside its walls.
//
// Strong: bubblewrap makes new user, mount, process, network, IPC, host name
// and cgroup namespaces; of the host only /usr is there, read-only; no /proc;
// one small scratch folder for the program, none for the judge. Weak (only
// where a configuration allows it): the same limits and system-call filter, no
// namespaces; it can read what its user can.
//
// Started by root, both run as `nobody`: the kernel does not count the
// processes of root.
#ifndef MDRL_SERVICES_REWARD_SANDBOX_INTERPRETER_H_
#define MDRL_SERVICES_REWARD_SANDBOX_INTERPRETER_H_

#include <linux/filter.h>
#include <sys/types.h>

#include <array>
#include <span>
#include <string>
#include <vector>

#include "services/reward/sandbox/program_limits.h"

namespace mdrl {

enum class Walls { kStrong, kWeak };

// The interpreter that runs model-written programs: the distribution's, whose
// prefix is visible inside.
inline constexpr char kPython[] = "/usr/bin/python3";
inline constexpr char kBubblewrap[] = "/usr/bin/bwrap";

struct Interpreter {
  std::string script;  // see wire.py, judge.py, program.py
  std::vector<std::string> arguments;
  bool scratch = false;
  // Descriptors 0 to 5 of the interpreter.
  std::array<int, 6> files = {};
};

// The command that starts it, without the seccomp filter's descriptor, which
// is 6.
std::vector<std::string> StrongCommand(const Interpreter& interpreter,
                                       const ProgramLimits& limits);

// The child's process id, or -1 with errno. The child is killed with this
// thread. REQUIRES: this process has one thread.
pid_t StartInterpreter(const Interpreter& interpreter,
                       const ProgramLimits& limits, Walls walls,
                       std::span<const sock_filter> filter);

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_SANDBOX_INTERPRETER_H_
