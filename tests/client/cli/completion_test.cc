#include "client/cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/client/cli/all_commands.h"

namespace mdrl {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(CompletionTest, EveryScriptHasEverySubcommandAndOption) {
  AllCommands all;
  const auto nodes = CompletionTree(all.line.app());
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = *CompletionScript(all.line.app(), shell);
    for (const CompletionNode& node : nodes) {
      if (!node.path.empty()) {
        EXPECT_THAT(script, HasSubstr(absl::StrCat("'", node.path, "'")))
            << shell;
      }
      for (const auto& [name, what] : node.subcommands) {
        EXPECT_THAT(script, HasSubstr(name)) << shell;
      }
      for (const auto& option : node.options) {
        const bool fish = std::string(shell) == "fish";
        const bool is_long = option.name.starts_with("--");
        EXPECT_THAT(script,
                    HasSubstr(!fish     ? option.name
                              : is_long ? "-l " + option.name.substr(2)
                                        : "-s " + option.name.substr(1)))
            << shell;
      }
    }
  }
}

TEST(CompletionTest, TheTreeHasGroupsAndGlobalOptions) {
  AllCommands all;
  const auto nodes = CompletionTree(all.line.app());
  std::set<std::string> paths;
  for (const CompletionNode& node : nodes) {
    paths.insert(node.path);
    std::set<std::string> options;
    for (const auto& option : node.options) options.insert(option.name);
    EXPECT_THAT(options, Contains("--learner")) << node.path;
    EXPECT_THAT(options, Contains("--help")) << node.path;
  }
  EXPECT_THAT(paths, Contains(""));
  EXPECT_THAT(paths, Contains("config check"));
  EXPECT_THAT(paths, Contains("watch"));
}

// What bash offers for the words so far, the last of which is being typed.
std::set<std::string> Offered(const std::string& words) {
  AllCommands all;
  const auto path = std::filesystem::temp_directory_path() /
                    ("completion_test_" + std::to_string(getpid()));
  std::ofstream(path) << *CompletionScript(all.line.app(), "bash")
                      << "COMP_WORDS=(" << words << ")\n"
                      << "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                      << "_mdrlctl\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
  FILE* out = popen(("bash " + path.string()).c_str(), "r");
  std::string text;
  for (int c = fgetc(out); c != EOF; c = fgetc(out)) {
    text += static_cast<char>(c);
  }
  EXPECT_EQ(pclose(out), 0);
  std::filesystem::remove(path);
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

TEST(CompletionTest, BashOffersWhatMayFollow) {
  EXPECT_THAT(Offered("mdrlctl ''"), Contains("watch"));
  EXPECT_THAT(Offered("mdrlctl con"), ::testing::ElementsAre("config"));
  EXPECT_THAT(Offered("mdrlctl config ''"), Contains("diff"));
  EXPECT_THAT(Offered("mdrlctl config check --se"),
              ::testing::ElementsAre("--set"));
  // A value in between does not lose the command.
  EXPECT_THAT(Offered("mdrlctl --learner 127.0.0.1:1 watch --c"),
              ::testing::ElementsAre("--csv"));
  EXPECT_THAT(Offered("mdrlctl watch ''"), Not(Contains("status")));
}

}  // namespace
}  // namespace mdrl
