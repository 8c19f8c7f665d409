// mdrlctl: the command line; the only file that knows CLI11.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "client/command/config.h"
#include "client/command/drain.h"
#include "client/command/evaluate.h"
#include "client/command/health.h"
#include "client/command/prompts.h"
#include "client/command/session.h"
#include "client/command/status.h"
#include "client/command/submit.h"
#include "client/command/up.h"
#include "client/launch/guarded_exec.h"
#include "common/base/clock.h"
#include "common/config/value_text.h"
#include "common/net/build_info.h"
#include "common/net/exit_code.h"

namespace mdrl {
namespace {

// What the chosen subcommand does; returns the exit code.
using Action = std::function<int()>;

struct CommandLine {
  CLI::App app{
      "Trains masked diffusion language models with reward; this is "
      "the client of its services.",
      "mdrlctl"};
  Session session;
  std::string timeout;
  bool insecure = false;
  Action action;
};

int Told(const absl::Status& status) {
  if (!status.ok()) std::cerr << "mdrlctl: " << status.message() << "\n";
  return ExitCodeOf(status);
}

// A subcommand with an example under its help.
CLI::App* Command(CLI::App& parent, const std::string& name,
                  const std::string& what, const std::string& example) {
  CLI::App* command = parent.add_subcommand(name, what);
  command->footer("Example:\n  " + example);
  command->fallthrough();  // global options may follow the subcommand
  return command;
}

void AddUp(CommandLine& line) {
  auto options = std::make_shared<UpOptions>();
  CLI::App* up = Command(
      line.app, "up", "Starts all services here and runs to the end",
      "mdrlctl up examples/quickstart/run.yaml --run-dir runs/first --seed 1");
  up->add_option("file", options->file, "The run configuration")->required();
  up->add_option("--run-dir", options->run_dir, "Folder of the run");
  up->add_option("--seed", options->seed, "Instead of run.seed");
  up->add_option("--rollouts", options->rollouts, "Workers to start")
      ->check(CLI::Range(1, 256));
  up->add_option("--rewards", options->rewards, "Reward services to start")
      ->check(CLI::Range(1, 64));
  up->add_flag("--resume", options->resume, "Goes on with the run in there");
  up->add_option("--test-set", options->test_set,
                 "Puzzles to evaluate on, CSV or JSONL");
  up->add_option("--set", options->sets, "section.key=value, over the file")
      ->allow_extra_args(false);
  up->callback([&line, options] {
    line.action = [&line, options] {
      const absl::StatusOr<int> code = RunUp(line.session, *options);
      return code.ok() ? *code : Told(code.status());
    };
  });
}

void AddSubmit(CommandLine& line) {
  auto options = std::make_shared<SubmitOptions>();
  CLI::App* submit =
      Command(line.app, "submit", "Hands a prompt set to a running learner",
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
  submit->callback([&line, options] {
    line.action = [&line, options] {
      return Told(RunSubmit(line.session, *options));
    };
  });
}

void AddStatus(CommandLine& line) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* status =
      Command(line.app, "status", "Where the run is, what it waits for",
              "mdrlctl status --workers --learner 127.0.0.1:40211");
  status->add_flag("--workers", options->workers, "Each worker");
  status->add_flag("--sets", options->sets, "Each prompt set");
  status->callback([&line, options] {
    line.action = [&line, options] {
      return Told(RunStatus(line.session, *options));
    };
  });
}

void AddPrompts(CommandLine& line) {
  CLI::App* prompts =
      line.app.add_subcommand("prompts", "Prompt sets as files");
  prompts->require_subcommand(1);
  prompts->fallthrough();
  auto options = std::make_shared<MakePromptsOptions>();
  CLI::App* make = Command(
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
  make->callback([&line, options] {
    line.action = [&line, options] {
      return Told(RunMakePrompts(line.session, *options));
    };
  });
}

void AddConfig(CommandLine& line) {
  CLI::App* config = line.app.add_subcommand("config", "Run configurations");
  config->require_subcommand(1);
  config->fallthrough();
  auto options = std::make_shared<ConfigOptions>();
  CLI::App* check =
      Command(*config, "check", "Says what is wrong, or what follows",
              "mdrlctl config check run.yaml --set schedule.group_size=8");
  CLI::App* print = Command(*config, "print", "Prints the configuration",
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
  check->callback([&line, options] {
    line.action = [&line, options] {
      return Told(RunConfigCheck(line.session, *options));
    };
  });
  print->callback([&line, options] {
    line.action = [&line, options] {
      return Told(RunConfigPrint(line.session, *options));
    };
  });
}

void AddEvaluate(CommandLine& line) {
  auto options = std::make_shared<EvaluateOptions>();
  CLI::App* evaluate =
      Command(line.app, "evaluate", "Has the learner evaluate a policy",
              "mdrlctl evaluate --set test --wait --learner 127.0.0.1:40211");
  evaluate->add_option("--set", options->sets, "Prompt set, by name")
      ->allow_extra_args(false);
  evaluate->add_option("--version", options->version,
                       "Policy; else the newest");
  evaluate->add_option("--max", options->max_prompts, "Prompts per set");
  evaluate->add_flag("--wait", options->wait, "Until it is over");
  evaluate->callback([&line, options] {
    line.action = [&line, options] {
      return Told(RunEvaluate(line.session, *options));
    };
  });
}

void AddDrain(CommandLine& line) {
  auto options = std::make_shared<DrainOptions>();
  CLI::App* drain =
      Command(line.app, "drain", "Lets the run, or a worker, finish and end",
              "mdrlctl drain --worker rollout-1 --learner 127.0.0.1:40211");
  drain->add_option("--worker", options->worker, "This worker only");
  drain->add_flag("--checkpoint", options->checkpoint, "Save at the end");
  drain->callback([&line, options] {
    line.action = [&line, options] {
      return Told(RunDrain(line.session, *options));
    };
  });
}

void AddHealth(CommandLine& line) {
  auto options = std::make_shared<HealthOptions>();
  CLI::App* health = Command(
      line.app, "health",
      "Exit code 0 serving, 1 bad arguments, 2 no connection, 3 call failed, "
      "4 not serving",
      "mdrlctl health --target 127.0.0.1:40211 --service ready");
  health->add_option("--target", options->target, "Address; else --learner");
  health->add_option("--service", options->service, "ready; else alive");
  health->add_flag("--watch", options->watch, "Goes on, tells changes");
  health->callback([&line, options] {
    line.action = [&line, options] {
      return RunHealth(line.session, *options, Clock::Real());
    };
  });
}

void AddGlobals(CommandLine& line) {
  line.app.set_version_flag("--version",
                            ThisBuild().version + " (" + ThisBuild().git + ")");
  line.app
      .add_option("--learner", line.session.learner, "Address of the learner")
      ->capture_default_str();
  line.app.add_option("--timeout", line.timeout, "For each call, such as 5s");
  line.app.add_flag("--json", line.session.json, "JSON on standard output");
  line.app.add_flag("--insecure", line.insecure,
                    "No TLS; loopback only. There is no other way yet");
  line.app.require_subcommand(1);
}

int Main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == kRunGuarded) {
    return RunGuarded(argc, argv);
  }
  CommandLine line;
  line.session.out = &std::cout;
  line.session.err = &std::cerr;
  const char* no_color = std::getenv("NO_COLOR");
  line.session.color =
      isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
  AddGlobals(line);
  AddUp(line);
  AddSubmit(line);
  AddStatus(line);
  AddEvaluate(line);
  AddDrain(line);
  AddHealth(line);
  AddConfig(line);
  AddPrompts(line);
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    // CLI11 has exit codes of its own; every misuse is 2 here, but for a
    // health probe, whose own code for that is 1.
    const bool health = line.app.got_subcommand("health");
    return line.app.exit(e) == 0 ? 0 : health ? 1 : 2;
  }
  if (!line.timeout.empty()) {
    const auto timeout = ParseDuration(line.timeout);
    if (!timeout || *timeout <= absl::ZeroDuration()) {
      std::cerr << "mdrlctl: --timeout: \"" << line.timeout
                << "\" is not a duration such as 5s\n";
      return 2;
    }
    line.session.timeout = *timeout;
  }
  return line.action();
}

}  // namespace
}  // namespace mdrl

int main(int argc, char** argv) { return mdrl::Main(argc, argv); }
