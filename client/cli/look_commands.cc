// status, watch, explain, show, replay, health: what only looks at a run.
#include <memory>

#include "client/cli/command_line.h"
#include "client/command/explain.h"
#include "client/command/health.h"
#include "client/command/replay.h"
#include "client/command/show.h"
#include "client/command/status.h"
#include "client/command/watch.h"
#include "common/base/clock.h"
#include "common/base/status_macros.h"
#include "common/sync/stop_signal.h"

namespace mdrl {
namespace {

void AddStatus(CommandLine& line) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* status =
      line.Add(line.app(), "status", "Where the run is, what it waits for",
               "mdrlctl status --workers --learner 127.0.0.1:40211");
  status->add_flag("--workers", options->workers, "Each worker");
  status->add_flag("--sets", options->sets, "Each prompt set");
  line.Does(status,
            [&line, options] { return RunStatus(line.session(), *options); });
}

void AddWatch(CommandLine& line) {
  auto options = std::make_shared<WatchOptions>();
  CLI::App* watch =
      line.Add(line.app(), "watch",
               "The run as it goes on: a page on a terminal, else lines",
               "mdrlctl watch --csv --learner 127.0.0.1:40211 > steps.csv");
  watch->add_option("--since", options->since, "SEQ: events after this one");
  watch
      ->add_option("--kinds", options->kinds,
                   "step,policy_published,...: see docs/protocol.md")
      ->delimiter(',')
      ->allow_extra_args(false);
  watch->add_flag("--csv", options->csv, "A table with one row per step");
  line.AddDuration(watch, "--interval", &options->interval,
                   "Of lines about steps, such as 10s");
  line.AddDuration(watch, "--for", &options->length,
                   "Ends after so long, such as 1h");
  line.Does(watch, [&line, options]() -> absl::StatusOr<int> {
    MDRL_ASSIGN_OR_RETURN(const auto stop, StopSignal::Install());
    return RunWatch(line.session(), *options, *stop, Clock::Real());
  });
}

void AddExplain(CommandLine& line) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* explain =
      line.Add(line.app(), "explain",
               "What is waited for, since when, and when it acts by itself",
               "mdrlctl explain g3f09c1d2ab47 --learner 127.0.0.1:40211");
  explain->add_option("subject", options->subject,
                      "A ticket, group, worker, slot or prompt set; else the "
                      "run");
  line.Does(explain,
            [&line, options] { return RunExplain(line.session(), *options); });
}

void AddShow(CommandLine& line) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* show =
      line.Add(line.app(), "show", "The whole story of one completion",
               "mdrlctl show --any --task sudoku4 --reward 0.9..1 --text");
  show->add_option("id", options->id, "Group and place: g3f09c1d2ab47/2");
  show->add_flag("--any", options->any, "Some completion, instead of an id");
  show->add_option("--task", options->task, "With --any: of this task");
  show->add_option("--reward", options->reward,
                   "With --any: LO..HI, either end may be left out");
  show->add_flag("--text", options->text, "Prompt, completion and truth");
  show->add_flag("--trace", options->trace,
                 "Which positions each decode step revealed, how surely");
  line.Does(show,
            [&line, options] { return RunShow(line.session(), *options); });
}

void AddReplay(CommandLine& line) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* replay =
      line.Add(line.app(), "replay",
               "Decodes a group again; exit code 0 equal, 1 different",
               "mdrlctl replay g3f09c1d2ab47 --learner 127.0.0.1:40211");
  replay
      ->add_option("id", options->id,
                   "Group, or one completion of it: g3f09c1d2ab47/2")
      ->required();
  line.Does(replay,
            [&line, options] { return RunReplay(line.session(), *options); });
}

void AddHealth(CommandLine& line) {
  auto options = std::make_shared<HealthOptions>();
  CLI::App* health = line.Add(
      line.app(), "health",
      "Exit code 0 serving, 1 bad arguments, 2 no connection, 3 call failed, "
      "4 not serving",
      "mdrlctl health --target 127.0.0.1:40211 --service ready");
  health->add_option("--target", options->target, "Address; else --learner");
  health->add_option("--service", options->service, "ready; else alive");
  health->add_flag("--watch", options->watch, "Goes on, tells changes");
  line.Does(health, [&line, options] {
    return RunHealth(line.session(), *options, Clock::Real());
  });
}

}  // namespace

void AddLookCommands(CommandLine& line) {
  AddStatus(line);
  AddWatch(line);
  AddExplain(line);
  AddShow(line);
  AddReplay(line);
  AddHealth(line);
}

}  // namespace mdrl
