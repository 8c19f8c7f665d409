// `mdrlctl shell-completion SHELL`: a script that completes commands and
// options, made from the tree of commands itself, so that it cannot lack one.
#ifndef MDRL_CLIENT_CLI_COMPLETION_H_
#define MDRL_CLIENT_CLI_COMPLETION_H_

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mdrl {

// A command with what may follow it.
struct CompletionNode {
  std::string path;  // "config check"; empty at the top
  std::vector<std::pair<std::string, std::string>> subcommands;  // name, what
  // "--set", what it means, whether a value follows.
  struct Option {
    std::string name;
    std::string what;
    bool takes_value = false;
  };
  std::vector<Option> options;  // its own and those of all commands above it
};

// Depth first, the top first.
std::vector<CompletionNode> CompletionTree(const CLI::App& app);

// For bash, zsh or fish. InvalidArgument USAGE for another shell.
absl::StatusOr<std::string> CompletionScript(const CLI::App& app,
                                             std::string_view shell);

}  // namespace mdrl

#endif  // MDRL_CLIENT_CLI_COMPLETION_H_
