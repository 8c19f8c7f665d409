// generate, checkpoint merge: what needs the model. It is a subcommand of a
// service, which has Torch; generate may also ask a run's workers.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/command_line.h"
#include "client/command/generate.h"
#include "client/launch/service_plan.h"
#include "client/launch/sibling.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

using Arguments = std::vector<std::string>;

// An option that is handed on as it was written.
void AddHandedOn(CLI::App* command, const std::string& name,
                 const std::string& value, const std::string& what,
                 std::shared_ptr<Arguments> arguments) {
  if (value.empty()) {
    command->add_flag_callback(
        name, [arguments, name] { arguments->push_back(name); }, what);
    return;
  }
  command
      ->add_option_function<std::string>(
          name,
          [arguments, name](const std::string& given) {
            arguments->push_back(name);
            arguments->push_back(given);
          },
          what)
      ->type_name(value);
}

absl::StatusOr<int> RunGenerateOf(const Session& session, Arguments arguments,
                                  bool ask_learner) {
  if (!ask_learner) {
    arguments.insert(arguments.begin(), "generate");
    return BecomeSibling(OwnFolder(), "mdrl-rollout", arguments);
  }
  arguments.insert(arguments.end(), {"--learner", session.learner});
  MDRL_ASSIGN_OR_RETURN(const GenerateFlags flags,
                        ParseGenerateFlags(std::vector<std::string_view>(
                            arguments.begin(), arguments.end())));
  MDRL_RETURN_IF_ERROR(RunGenerate(session, flags));
  return 0;
}

void AddGenerate(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* generate = CommandLine::Add(
      line.app(), "generate",
      "Decodes prompts here, or with --learner on a run's workers",
      "mdrlctl generate --model examples/quickstart/model --prompt 1234 "
      "--canvas 16 --block 8 --show-steps");
  for (const GenerateOption& option : GenerateOptions()) {
    // The global one, which may follow any command.
    if (option.name == std::string_view("--learner")) continue;
    AddHandedOn(generate, option.name, option.value, option.what, arguments);
  }
  line.Does(generate, [&line, arguments] {
    return RunGenerateOf(line.session(), *arguments,
                         line.app().count("--learner") > 0);
  });
}

void AddMerge(CommandLine& line) {
  auto arguments = std::make_shared<Arguments>();
  auto adapter = std::make_shared<std::string>();
  CLI::App* merge = CommandLine::Add(
      *line.app().get_subcommand("checkpoint"), "merge",
      "A model folder out of a base and an adapter",
      "mdrlctl checkpoint merge runs/first/checkpoints/step-000080 --base "
      "models/LLaDA-8B-Instruct --to merged");
  merge
      ->add_option("adapter", *adapter,
                   "A PEFT folder, or a checkpoint of a LoRA run")
      ->required();
  AddHandedOn(merge, "--base", "DIR", "The model that it was trained on",
              arguments);
  AddHandedOn(merge, "--to", "DIR", "The new folder", arguments);
  AddHandedOn(merge, "--compat", "WORD", "ignore_unmatched_targets", arguments);
  line.Does(merge, [arguments, adapter]() -> absl::Status {
    Arguments all = {"merge", *adapter};
    all.insert(all.end(), arguments->begin(), arguments->end());
    return BecomeSibling(OwnFolder(), "mdrl-learner", all);
  });
}

}  // namespace

void AddModelCommands(CommandLine& line) {
  AddGenerate(line);
  AddMerge(line);
}

}  // namespace mdrl
