// generate, checkpoint merge: what needs the model and is a subcommand of a
// service.
#include "client/cli/command_line.h"
#include "client/launch/service_plan.h"
#include "client/launch/sibling.h"

namespace mdrl {
namespace {

// `word` and everything behind it goes to `program` as it stands.
void AddSibling(CommandLine& line, CLI::App* command, const char* program,
                const std::string& word) {
  command->prefix_command();
  command->set_help_flag();
  line.Does(command, [command, program, word] {
    std::vector<std::string> arguments = command->remaining();
    arguments.insert(arguments.begin(), word);
    return BecomeSibling(OwnFolder(), program, arguments);
  });
}

}  // namespace

void AddModelCommands(CommandLine& line) {
  AddSibling(line,
             CommandLine::Add(line.app(), "generate",
                              "Decodes prompts with a model folder, without a "
                              "run; generate --help",
                              "mdrlctl generate --model DIR --adapter "
                              "CHECKPOINT --prompt TEXT --show-steps"),
             "mdrl-rollout", "generate");
  AddSibling(line,
             CommandLine::Add(*line.app().get_subcommand("checkpoint"), "merge",
                              "A model folder out of a base and an adapter; "
                              "merge --help",
                              "mdrlctl checkpoint merge CHECKPOINT --base "
                              "MODEL --to OUT"),
             "mdrl-learner", "merge");
}

}  // namespace mdrl
