// The tree of mdrlctl's subcommands, and how one of them is run.
//
//   CommandLine line;
//   AddRunCommands(line);
//   return line.Run(argc, argv);
//
// Each group of commands has one source file beside this one. Only these files
// and client/main.cc know CLI11: a command itself is a function of a Session
// and a plain struct of options. Not thread-safe.
#ifndef MDRL_CLIENT_CLI_COMMAND_LINE_H_
#define MDRL_CLIENT_CLI_COMMAND_LINE_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/command/session.h"

namespace mdrl {

class CommandLine {
 public:
  // `session` knows its streams; the global options are put into it.
  explicit CommandLine(Session session);
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // A subcommand of `parent` with an example below its help. Global options
  // may follow it.
  static CLI::App* Add(CLI::App& parent, const std::string& name,
                       const std::string& what, const std::string& example);
  // A word before others, such as `config`.
  CLI::App* AddGroup(const std::string& name, const std::string& what);

  // An option whose value is a duration such as 5s, more than nothing.
  static void AddDuration(CLI::App* command, const std::string& name,
                          absl::Duration* to, const std::string& what);

  // What `command` does when it is chosen; returns the exit code. `Does` takes
  // functions that return int, absl::Status or absl::StatusOr<int>: an error is
  // told on `err` and becomes its exit code.
  template <typename Function>
  void Does(CLI::App* command, Function function) {
    command->callback([this, function] {
      action_ = [this, function] { return Ended(function()); };
    });
  }

  // Parses and runs; returns the exit code of the process. Misuse is 2.
  int Run(int argc, const char* const* argv);

  CLI::App& app() { return app_; }
  const Session& session() const { return session_; }

 private:
  int Ended(int code) const { return code; }
  int Ended(const absl::Status& status) const;
  int Ended(const absl::StatusOr<int>& code) const {
    return code.ok() ? *code : Ended(code.status());
  }

  CLI::App app_;
  Session session_;
  bool insecure_ = false;
  std::function<int()> action_;
};

// All of them; the groups are below.
void AddAllCommands(CommandLine& line);

// Launch and steer a run: client/cli/run_commands.cc.
void AddRunCommands(CommandLine& line);
// Look at a run: client/cli/look_commands.cc.
void AddLookCommands(CommandLine& line);
// Files, without a run: client/cli/file_commands.cc.
void AddFileCommands(CommandLine& line);
// Model folders and checkpoints: client/cli/folder_commands.cc. REQUIRES:
// called after AddFileCommands.
void AddFolderCommands(CommandLine& line);
// The model itself, without a run: client/cli/model_commands.cc. REQUIRES:
// called after AddFolderCommands.
void AddModelCommands(CommandLine& line);

}  // namespace mdrl

#endif  // MDRL_CLIENT_CLI_COMMAND_LINE_H_
