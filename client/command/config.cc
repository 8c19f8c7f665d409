#include "client/command/config.h"

#include <algorithm>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "client/command/json_text.h"
#include "common/base/status_macros.h"
#include "common/config/check_config.h"
#include "common/config/load_config.h"
#include "common/config/print_config.h"
#include "common/format/file.h"

namespace mdrl {
namespace {

absl::StatusOr<LoadedConfig> Load(const ConfigOptions& options) {
  return LoadConfig({.path = options.file,
                     .environment = ProcessEnvironment(),
                     .sets = options.sets});
}

// What follows from the schedule (docs/protocol.md, "Tickets").
std::string DerivedText(const config::v1::Run& run) {
  const config::v1::Schedule& schedule = run.schedule();
  const uint64_t groups = schedule.groups_per_round();
  const uint64_t completions = groups * schedule.group_size();
  const uint64_t steps =
      uint64_t{schedule.iterations()} * schedule.minibatches();
  const uint64_t stale = schedule.max_staleness();
  return absl::StrCat(groups, " groups x ", schedule.group_size(), " = ",
                      completions, " completions and at most ",
                      completions * run.rollout().decode().canvas_tokens(),
                      " tokens per round, ", steps, " steps; tickets ",
                      groups * (stale + 1), "; lag <= ", stale,
                      " rounds, <= ", stale * steps + steps - 1, " steps");
}

}  // namespace

absl::Status RunConfigCheck(const Session& session,
                            const ConfigOptions& options) {
  MDRL_ASSIGN_OR_RETURN(const LoadedConfig config, Load(options));
  if (!session.json) *session.out << DerivedText(config.run) << "\n";
  MDRL_RETURN_IF_ERROR(WithContext(RequireClean(config), options.file));
  if (session.json) *session.out << "{\"ok\":true}\n";
  return absl::OkStatus();
}

absl::Status RunConfigPrint(const Session& session,
                            const ConfigOptions& options) {
  MDRL_ASSIGN_OR_RETURN(const LoadedConfig config, Load(options));
  if (session.json) {
    *session.out << JsonText(config.run) << "\n";
  } else if (options.resolved) {
    *session.out << PrintConfig(config.run);
  } else {
    MDRL_ASSIGN_OR_RETURN(const std::string text, ReadFile(options.file));
    *session.out << text;
  }
  return absl::OkStatus();
}

}  // namespace mdrl
