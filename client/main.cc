// mdrlctl: the command line.
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "client/cli/command_line.h"
#include "client/launch/guarded_exec.h"

namespace mdrl {
namespace {

int Main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == kRunGuarded) {
    return RunGuarded(argc, argv);
  }
  Session session;
  session.out = &std::cout;
  session.err = &std::cerr;
  const char* no_color = std::getenv("NO_COLOR");
  session.color =
      isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
  CommandLine line(session);
  AddRunCommands(line);
  AddLookCommands(line);
  AddFileCommands(line);
  return line.Run(argc, argv);
}

}  // namespace
}  // namespace mdrl

int main(int argc, char** argv) { return mdrl::Main(argc, argv); }
