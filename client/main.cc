// mdrlctl: the command line.
#include <langinfo.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "client/cli/command_line.h"
#include "client/launch/guarded_exec.h"

namespace mdrl {
namespace {

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int Main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == kRunGuarded) {
    return RunGuarded(argc, argv);
  }
  Session session;
  session.out = &std::cout;
  session.err = &std::cerr;
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  session.color = terminal && Variable("NO_COLOR").empty();
  if (terminal && Variable("TERM") != "dumb") session.terminal = STDOUT_FILENO;
  session.err_terminal = isatty(STDERR_FILENO) == 1;
  std::setlocale(LC_CTYPE, "");  // numbers stay as they are
  session.unicode = nl_langinfo(CODESET) == std::string_view("UTF-8");
  CommandLine line(session);
  AddAllCommands(line);
  return line.Run(argc, argv);
}

}  // namespace
}  // namespace mdrl

int main(int argc, char** argv) { return mdrl::Main(argc, argv); }
