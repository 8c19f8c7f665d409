// config, prompts: what works on files and needs no run.
#include <memory>

#include "client/cli/command_line.h"
#include "client/command/config.h"
#include "client/command/prompts.h"

namespace mdrl {
namespace {

void AddPrompts(CommandLine& line) {
  CLI::App* prompts = line.AddGroup("prompts", "Prompt sets as files");
  auto options = std::make_shared<MakePromptsOptions>();
  CLI::App* make = line.Add(
      *prompts, "make", "Makes puzzles, or demonstrations for an sft stage",
      "mdrlctl prompts make sudoku4 --count 256 --split test -o test.jsonl");
  make->add_option("task", options->make.task, "sudoku4 or sort")->required();
  make->add_option("--count", options->make.count, "How many")->required();
  make->add_option("--seed", options->make.seed, "Another seed, other puzzles");
  make->add_option("--split", options->split,
                   "train, validation, test, train_and_validation");
  make->add_flag("--demonstrations", options->demonstrations,
                 "Prompt and answer, for an sft stage");
  make->add_option("--careless", options->make.careless,
                   "Share of careless answers, sudoku4");
  make->add_option("-o,--out", options->file, "File; else standard output");
  line.Does(make, [&line, options] {
    return RunMakePrompts(line.session(), *options);
  });
}

void AddConfig(CommandLine& line) {
  CLI::App* config = line.AddGroup("config", "Run configurations");
  auto options = std::make_shared<ConfigOptions>();
  CLI::App* check =
      line.Add(*config, "check", "Says what is wrong, or what follows",
               "mdrlctl config check run.yaml --set schedule.group_size=8");
  CLI::App* print = line.Add(*config, "print", "Prints the configuration",
                             "mdrlctl config print run.yaml --resolved");
  for (CLI::App* command : {check, print}) {
    command->add_option("file", options->file, "The run configuration")
        ->required();
    command
        ->add_option("--set", options->sets, "section.key=value, over the file")
        ->allow_extra_args(false);
  }
  print->add_flag("--resolved", options->resolved,
                  "With defaults, environment and --set");
  line.Does(check, [&line, options] {
    return RunConfigCheck(line.session(), *options);
  });
  line.Does(print, [&line, options] {
    return RunConfigPrint(line.session(), *options);
  });
}

}  // namespace

void AddFileCommands(CommandLine& line) {
  AddConfig(line);
  AddPrompts(line);
}

}  // namespace mdrl
