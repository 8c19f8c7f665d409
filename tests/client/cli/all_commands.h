// The whole command line, as main.cc makes it, with its output in strings.
#ifndef MDRL_TESTS_CLIENT_CLI_ALL_COMMANDS_H_
#define MDRL_TESTS_CLIENT_CLI_ALL_COMMANDS_H_

#include <sstream>
#include <string>
#include <vector>

#include "client/cli/command_line.h"

namespace mdrl {

struct AllCommands {
  AllCommands() : line(SessionOf(&out, &err)) { AddAllCommands(line); }

  // Exit code of `mdrlctl ARGUMENTS...`. Once per object: CLI11 remembers.
  int Run(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "mdrlctl");
    return line.Run(static_cast<int>(arguments.size()), arguments.data());
  }

  static Session SessionOf(std::ostream* out, std::ostream* err) {
    Session session;
    session.out = out;
    session.err = err;
    return session;
  }

  std::ostringstream out;
  std::ostringstream err;
  CommandLine line;
};

}  // namespace mdrl

#endif  // MDRL_TESTS_CLIENT_CLI_ALL_COMMANDS_H_
