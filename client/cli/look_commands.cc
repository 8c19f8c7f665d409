// status, health: what only looks at a run.
#include <memory>

#include "client/cli/command_line.h"
#include "client/command/health.h"
#include "client/command/status.h"
#include "common/base/clock.h"

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
  AddHealth(line);
}

}  // namespace mdrl
