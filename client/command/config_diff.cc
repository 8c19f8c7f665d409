#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/command/config.h"
#include "client/launch/run_folder.h"
#include "client/launch/service_plan.h"
#include "common/base/status_macros.h"
#include "common/config/diff_config.h"
#include "common/config/load_config.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;

std::string MarkText(config::v1::Mark mark) {
  switch (mark) {
    case config::v1::FIXED:
      return "  (! needs a new run)";
    case config::v1::RESUME:
      return "  (~ from the next round)";
    default:
      return "";
  }
}

const char* MarkWord(config::v1::Mark mark) {
  return mark == config::v1::FIXED    ? "fixed"
         : mark == config::v1::RESUME ? "resume"
                                      : "free";
}

std::string Shown(const std::string& text) {
  return text.empty() ? "nothing" : text;
}

// What `up` would make of `config` in the run's folder, so that its own doing
// is no difference.
absl::Status Settle(const fs::path& folder, LoadedConfig* config) {
  UseFreePorts(config);
  config->run.mutable_run()->set_dir(folder.string());
  if (config->run.run().resume() == "never") {
    config->run.mutable_run()->set_resume("auto");
  }
  return PlanPrompts(folder, std::nullopt, &config->run).status();
}

}  // namespace

absl::Status RunConfigDiff(const Session& session,
                           const ConfigDiffOptions& options) {
  MDRL_ASSIGN_OR_RETURN(LoadedConfig to,
                        LoadConfig({.path = options.file,
                                    .environment = ProcessEnvironment(),
                                    .sets = options.sets}));
  fs::path other = options.other;
  const bool is_run = fs::is_directory(other);
  if (is_run) {
    while (!other.has_filename()) other = other.parent_path();
    other /= "config.resolved.yaml";
  }
  // Of a run every key is in the file; of a file the environment counts, too.
  MDRL_ASSIGN_OR_RETURN(
      LoadedConfig from,
      LoadConfig({.path = other.string(),
                  .environment = is_run ? std::map<std::string, std::string>()
                                        : ProcessEnvironment()}));
  if (is_run) MDRL_RETURN_IF_ERROR(Settle(from.run.run().dir(), &to));
  const std::vector<ConfigChange> changes = DiffConfig(from.run, to.run);
  std::ostream& out = *session.out;
  if (session.json) {
    auto json = nlohmann::ordered_json::array();
    for (const ConfigChange& change : changes) {
      json.push_back({{"key", change.key},
                      {"from", change.from},
                      {"to", change.to},
                      {"mark", MarkWord(change.mark)}});
    }
    out << nlohmann::ordered_json{{"changes", json}}.dump() << "\n";
    return absl::OkStatus();
  }
  for (const ConfigChange& change : changes) {
    out << change.key << "  " << Shown(change.from) << " -> "
        << Shown(change.to) << MarkText(change.mark) << "\n";
  }
  if (changes.empty()) out << "no difference\n";
  return absl::OkStatus();
}

}  // namespace mdrl
