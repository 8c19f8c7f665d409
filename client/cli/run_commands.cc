// up, submit, sets, evaluate, pause, resume, drain: what changes a run.
#include <memory>
#include <string>
#include <vector>

#include "client/cli/command_line.h"
#include "client/command/drain.h"
#include "client/command/evaluate.h"
#include "client/command/evaluate_model.h"
#include "client/command/pause.h"
#include "client/command/sets.h"
#include "client/command/submit.h"
#include "client/command/up.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

void AddUp(CommandLine& line) {
  auto options = std::make_shared<UpOptions>();
  CLI::App* up = line.Add(
      line.app(), "up", "Starts all services here and runs to the end",
      "mdrlctl up examples/quickstart/run.yaml --run-dir runs/first --seed 1");
  up->add_option("file", options->file, "The run configuration")->required();
  up->add_option("--run-dir", options->run_dir, "Folder of the run");
  up->add_option("--seed", options->seed, "Instead of run.seed");
  up->add_option("--rollouts", options->rollouts, "Workers to start")
      ->check(CLI::Range(1, 256));
  up->add_option("--rewards", options->rewards,
                 "Reward services to start; 0: rollout.peers.reward are there")
      ->check(CLI::Range(0, 64));
  up->add_flag("--resume", options->resume, "Goes on with the run in there");
  up->add_flag("--prometheus", options->prometheus,
               "Also starts Prometheus, with a page to watch the run");
  up->add_option("--test-set", options->test_set,
                 "Puzzles to evaluate on, CSV or JSONL");
  up->add_option("--set", options->sets, "section.key=value, over the file")
      ->allow_extra_args(false);
  line.Does(up, [&line, options] { return RunUp(line.session(), *options); });
}

void AddSubmit(CommandLine& line) {
  auto options = std::make_shared<SubmitOptions>();
  CLI::App* submit =
      line.Add(line.app(), "submit", "Hands a prompt set to a running learner",
               "mdrlctl submit puzzles.jsonl --task sudoku4 --name mine "
               "--learner 127.0.0.1:40211");
  submit
      ->add_option("file", options->file,
                   "JSON lines: prompt or messages, truth, id")
      ->required();
  submit->add_option("--task", options->task, "Task of all prompts")
      ->required();
  submit->add_option("--name", options->name, "Name of the set");
  submit->add_option("--weight", options->weight, "Share in the mix");
  submit->add_flag("--held-out", options->held_out, "For evaluation only");
  submit->add_flag("--dry-run", options->dry_run, "Checks, keeps nothing");
  line.Does(submit,
            [&line, options] { return RunSubmit(line.session(), *options); });
}

void AddSets(CommandLine& line) {
  auto options = std::make_shared<SetsOptions>();
  CLI::App* sets =
      line.Add(line.app(), "sets", "Lists the prompt sets, or changes one",
               "mdrlctl sets --pause train --learner 127.0.0.1:40211");
  const auto add = [sets](const std::string& name,
                          std::vector<std::string>& values,
                          const std::string& what) {
    sets->add_option(name, values, what)->allow_extra_args(false);
  };
  add("--pause", options->pause, "NAME: gives no prompt until resumed");
  add("--resume", options->resume, "NAME: gives prompts again");
  add("--retire", options->retire, "NAME: never again; drops open tickets");
  add("--lift-quarantine", options->lift_quarantine,
      "NAME:INDEX: this prompt is given out again");
  sets->add_flag("--csv", options->csv, "Comma-separated values");
  line.Does(sets,
            [&line, options] { return RunSets(line.session(), *options); });
}

void AddDecoding(CLI::App* evaluate, EvaluationDecoding* decoding) {
  evaluate
      ->add_option("--canvas", decoding->canvas_tokens,
                   "Positions to fill, several with commas; 128,256,512 of a "
                   "model, else the configured ones")
      ->delimiter(',')
      ->check(CLI::Range(1, 65536));
  evaluate->add_option("--block", decoding->block_tokens, "32");
  evaluate->add_option("--steps", decoding->decode_steps, "Half the canvas");
}

void AddEvaluateModel(CLI::App* evaluate, EvaluateModelOptions* options) {
  evaluate->add_option("--model", options->model,
                       "Decodes this folder's model here, without a run");
  const std::string with = "With --model: ";
  evaluate->add_option("--adapter", options->adapter, with + "a PEFT folder");
  evaluate->add_option(
      "--prompts", options->prompts,
      with + "the test set's file; else 256 puzzles of the test split");
  evaluate->add_option("--rubric", options->rubric,
                       with + "eval where the task has it, else bare");
  evaluate->add_option("--template", options->words,
                       with + "tagged, or words with {prompt}");
  evaluate->add_option("--prefill", options->prefill,
                       with + "what answers begin with");
  evaluate->add_option("--seed", options->seed, with + "of ties, 42");
  evaluate->add_option("--threads", options->threads, with + "all cores");
  evaluate->add_option("--rows", options->rows,
                       with + "completions that share a forward, 8");
  evaluate->add_option("--keep", options->keep,
                       with + "a folder for questions, answers and scores");
}

absl::StatusOr<int> Evaluate(const Session& session, EvaluateOptions options,
                             EvaluateModelOptions local) {
  if (local.model.empty()) {
    MDRL_RETURN_IF_ERROR(RunEvaluate(session, options));
    return 0;
  }
  if (!options.sets.empty() || options.version || options.tasks.size() > 1) {
    return ErrorWith(absl::StatusCode::kInvalidArgument, reason::kUsage, "",
                     "--set and --version are a run's; --model takes one "
                     "--task, and --prompts");
  }
  if (!options.tasks.empty()) local.task = options.tasks[0];
  local.max_prompts = options.max_prompts;
  local.csv = options.csv;
  if (options.decoding.canvas_tokens.empty()) {
    options.decoding.canvas_tokens = local.decoding.canvas_tokens;
  }
  local.decoding = options.decoding;
  return RunEvaluateModel(session, local);
}

void AddEvaluate(CommandLine& line) {
  auto options = std::make_shared<EvaluateOptions>();
  auto local = std::make_shared<EvaluateModelOptions>();
  CLI::App* evaluate =
      line.Add(line.app(), "evaluate",
               "Has the learner evaluate a policy, or evaluates a model here",
               "mdrlctl evaluate --set test --wait --learner 127.0.0.1:40211");
  evaluate->add_option("--set", options->sets, "Prompt set, by name")
      ->allow_extra_args(false);
  evaluate
      ->add_option("--task", options->tasks,
                   "Its held-out sets, or its test set")
      ->allow_extra_args(false);
  evaluate->add_option("--version", options->version,
                       "Policy; else the newest");
  evaluate->add_option("--max", options->max_prompts, "Prompts per set");
  AddDecoding(evaluate, &options->decoding);
  evaluate->add_flag("--wait", options->wait, "Until it is over");
  evaluate->add_flag("--csv", options->csv, "Comma-separated values");
  AddEvaluateModel(evaluate, local.get());
  line.Does(evaluate, [&line, options, local] {
    return Evaluate(line.session(), *options, *local);
  });
}

void AddDrain(CommandLine& line) {
  auto options = std::make_shared<DrainOptions>();
  CLI::App* drain =
      line.Add(line.app(), "drain", "Lets the run, or a worker, finish and end",
               "mdrlctl drain --worker rollout-1 --learner 127.0.0.1:40211");
  drain->add_option("--worker", options->worker, "This worker only");
  drain->add_flag("--checkpoint", options->checkpoint, "Save at the end");
  line.Does(drain,
            [&line, options] { return RunDrain(line.session(), *options); });
}

void AddPauseAndResume(CommandLine& line) {
  auto options = std::make_shared<PauseOptions>();
  CLI::App* pause =
      line.Add(line.app(), "pause", "Gives out no more work until resumed",
               "mdrlctl pause --why maintenance --learner 127.0.0.1:40211");
  CLI::App* resume = line.Add(line.app(), "resume", "Goes on after a pause",
                              "mdrlctl resume --learner 127.0.0.1:40211");
  for (CLI::App* command : {pause, resume}) {
    command->add_option("--why", options->why, "Remembered in the ledger");
  }
  line.Does(pause,
            [&line, options] { return RunPause(line.session(), *options); });
  line.Does(resume,
            [&line, options] { return RunResume(line.session(), *options); });
}

}  // namespace

void AddRunCommands(CommandLine& line) {
  AddUp(line);
  AddSubmit(line);
  AddSets(line);
  AddEvaluate(line);
  AddPauseAndResume(line);
  AddDrain(line);
}

}  // namespace mdrl
