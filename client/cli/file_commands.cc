// config, prompts, checkpoint, score, shell-completion: what works on files and
// needs no run.
#include <memory>
#include <ostream>
#include <string>

#include "client/cli/command_line.h"
#include "client/cli/completion.h"
#include "client/command/checkpoint.h"
#include "client/command/config.h"
#include "client/command/prompts.h"
#include "client/command/score.h"
#include "client/model/verify.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

void AddPrompts(CommandLine& line) {
  CLI::App* prompts = line.AddGroup("prompts", "Prompt sets as files");
  auto options = std::make_shared<MakePromptsOptions>();
  CLI::App* make = line.Add(
      *prompts, "make", "Makes puzzles, or demonstrations for an sft stage",
      "mdrlctl prompts make sudoku4 --count 256 --split test -o test.jsonl");
  make->add_option("task", options->make.task,
                   "countdown, sort, sudoku4 or sudoku9")
      ->required();
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
  auto both = std::make_shared<ConfigDiffOptions>();
  CLI::App* diff =
      line.Add(*config, "diff", "What FILE would change, and whether it may",
               "mdrlctl config diff run.yaml runs/first");
  diff->add_option("file", both->file, "What would be")->required();
  diff->add_option("other", both->other, "What is: a file, or a run's folder")
      ->required();
  diff->add_option("--set", both->sets, "section.key=value, over the file")
      ->allow_extra_args(false);
  line.Does(diff,
            [&line, both] { return RunConfigDiff(line.session(), *both); });
  line.Does(check, [&line, options] {
    return RunConfigCheck(line.session(), *options);
  });
  line.Does(print, [&line, options] {
    return RunConfigPrint(line.session(), *options);
  });
}

void AddCheckpoint(CommandLine& line) {
  CLI::App* group = line.AddGroup("checkpoint", "What a run saved");
  const std::string folder = "Of a run, of its checkpoints, or one checkpoint";
  auto list = std::make_shared<CheckpointListOptions>();
  CLI::App* ls = line.Add(*group, "ls", "Every checkpoint, and if it verifies",
                          "mdrlctl checkpoint ls runs/first");
  ls->add_option("folder", list->folder, folder)->required();
  ls->add_flag("--csv", list->csv, "Comma-separated values");
  line.Does(ls,
            [&line, list] { return RunCheckpointList(line.session(), *list); });
  auto one = std::make_shared<CheckpointVerifyOptions>();
  CLI::App* verify = line.Add(
      *group, "verify", "Reads every byte; exit code 65 if one differs",
      "mdrlctl checkpoint verify runs/first/checkpoints/step-000080");
  verify->add_option("folder", one->folder, folder + "; or of a model")
      ->required();
  line.Does(verify, [&line, one]() -> absl::Status {
    if (!IsModelFolder(one->folder)) {
      return RunCheckpointVerify(line.session(), *one);
    }
    MDRL_ASSIGN_OR_RETURN(const ModelDescription model,
                          VerifyModel(one->folder));
    *line.session().out << model.tensors << " tensors, " << model.weight_bytes
                        << " bytes: every weight is a finite number\n";
    return absl::OkStatus();
  });
}

void AddShellCompletion(CommandLine& line) {
  auto shell = std::make_shared<std::string>();
  CLI::App* completion = line.Add(line.app(), "shell-completion",
                                  "Completes commands and options by tab",
                                  "source <(mdrlctl shell-completion bash)");
  completion->add_option("shell", *shell, "bash, zsh or fish")->required();
  line.Does(completion, [&line, shell]() -> absl::Status {
    MDRL_ASSIGN_OR_RETURN(const std::string script,
                          CompletionScript(line.app(), *shell));
    *line.session().out << script;
    return absl::OkStatus();
  });
}

void AddScore(CommandLine& line) {
  auto options = std::make_shared<ScoreOptions>();
  CLI::App* score = line.Add(
      line.app(), "score", "Scores a file of answers",
      "mdrlctl score --task gsm8k --in answers.jsonl --out scores.jsonl");
  score->add_option("--task", options->task, "Whose rules")->required();
  score->add_option("--rubric", options->rubric,
                    "Of the rewards; else spg.train, train or the only one");
  score
      ->add_option("--weight", options->weights,
                   "COMPONENT=NUMBER, instead of the rubric's own")
      ->allow_extra_args(false);
  score
      ->add_option("--in", options->in,
                   "JSON lines: text, truth; or question, ground_truth, "
                   "generation")
      ->required();
  score->add_option("--out", options->out, "JSON lines, one per answer")
      ->required();
  score->add_option("--reward", options->reward,
                    "Address of a reward service; else mdrl-reward does it");
  line.Does(score,
            [&line, options] { return RunScore(line.session(), *options); });
}

}  // namespace

void AddFileCommands(CommandLine& line) {
  AddConfig(line);
  AddPrompts(line);
  AddCheckpoint(line);
  AddShellCompletion(line);
  AddScore(line);
}

}  // namespace mdrl
