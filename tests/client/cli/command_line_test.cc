#include "client/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/client/cli/all_commands.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

// Every command that does something, by its words: "config check".
void Leaves(CLI::App& app, const std::string& path,
            std::vector<std::pair<std::string, CLI::App*>>* out) {
  const auto below = app.get_subcommands([](CLI::App*) { return true; });
  if (below.empty()) out->emplace_back(path, &app);
  for (CLI::App* command : below) {
    Leaves(*command, path + " " + command->get_name(), out);
  }
}

TEST(CommandLineTest, EveryCommandHasAHelpPageThatEndsInAnExampleOfIt) {
  AllCommands all;
  std::vector<std::pair<std::string, CLI::App*>> leaves;
  Leaves(all.line.app(), "mdrlctl", &leaves);
  EXPECT_GE(leaves.size(), 20u);
  for (const auto& [path, command] : leaves) {
    EXPECT_FALSE(command->get_description().empty()) << path;
    const std::string help = command->help();
    const size_t example = help.rfind("Example:\n  ");
    ASSERT_NE(example, std::string::npos) << path;
    EXPECT_THAT(help.substr(example), HasSubstr(path));
  }
}

TEST(CommandLineTest, EveryOptionSaysWhatItIs) {
  AllCommands all;
  std::vector<std::pair<std::string, CLI::App*>> leaves;
  Leaves(all.line.app(), "mdrlctl", &leaves);
  for (const auto& [path, command] : leaves) {
    for (const CLI::Option* option : command->get_options()) {
      EXPECT_FALSE(option->get_description().empty())
          << path << " " << option->get_name();
    }
  }
}

TEST(CommandLineTest, HelpIsAResultAndZero) {
  AllCommands all;
  EXPECT_EQ(all.Run({"watch", "--help"}), 0);
  EXPECT_THAT(all.out.str(), HasSubstr("--interval"));
  EXPECT_EQ(all.err.str(), "");
}

TEST(CommandLineTest, MisuseIsTwoAndOnStandardError) {
  for (const std::vector<const char*>& wrong :
       {std::vector<const char*>{"no-such-command"},
        {},
        {"status", "--no-such-option"},
        {"up"},
        {"--timeout", "5", "status"},
        {"watch", "--interval", "-1s"},
        {"shell-completion", "tcsh"}}) {
    AllCommands all;
    EXPECT_EQ(all.Run(wrong), 2);
    EXPECT_EQ(all.out.str(), "");
    EXPECT_NE(all.err.str(), "");
  }
}

TEST(CommandLineTest, AHealthProbesMisuseIsOne) {
  EXPECT_EQ(AllCommands().Run({"health", "--no-such-option"}), 1);
}

TEST(CommandLineTest, GlobalOptionsMayFollowTheCommand) {
  AllCommands all;
  EXPECT_EQ(
      all.Run({"config", "check", "examples/quickstart/run.yaml", "--json"}),
      0);
  EXPECT_THAT(all.out.str(), HasSubstr(R"("ok":true)"));
}

TEST(CommandLineTest, AnErrorIsOneSentenceWithTheNameOfTheProgram) {
  AllCommands all;
  EXPECT_EQ(all.Run({"config", "check", "/no/such.yaml"}), 78);
  EXPECT_THAT(all.err.str(), HasSubstr("mdrlctl: /no/such.yaml: "));
}

}  // namespace
}  // namespace mdrl
