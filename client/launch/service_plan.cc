#include "client/launch/service_plan.h"

#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/launch/guarded_exec.h"

namespace mdrl {
namespace {

// In quotes: a colon is YAML's. The learner alone has the address for metrics
// that the file names; the others say theirs in the ready line.
constexpr char kAnyPort[] = "\"127.0.0.1:0\"";

Service ServiceOf(const ServicePlan& plan, const std::string& name,
                  const std::string& program) {
  Service service;
  service.child.name = name;
  service.child.argv = {(plan.binaries / "mdrlctl").string(),
                        kRunGuarded,
                        absl::StrCat(plan.parent),
                        (plan.binaries / program).string(),
                        "--config",
                        (plan.run_folder / "config.resolved.yaml").string()};
  service.child.environment = plan.environment;
  service.child.log = plan.run_folder / "logs" / (name + ".log");
  return service;
}

}  // namespace

Service ServicePlan::Reward(int number) const {
  Service service =
      ServiceOf(*this, absl::StrCat("reward-", number), "mdrl-reward");
  service.serves = true;
  service.listen_variable = "MDRL_REWARD__LISTEN";
  service.child.environment["MDRL_METRICS__LISTEN"] = kAnyPort;
  // Only the first can have the address that the file names.
  if (number > 0) {
    service.child.environment["MDRL_REWARD__LISTEN"] = kAnyPort;
  }
  return service;
}

Service ServicePlan::Learner(absl::Time started) const {
  Service service = ServiceOf(*this, "learner", "mdrl-learner");
  service.child.argv.insert(
      service.child.argv.end(),
      {"--started", absl::StrFormat("%.3f", absl::ToDoubleSeconds(
                                                started - absl::UnixEpoch()))});
  service.role = Service::Role::kMain;
  service.serves = true;
  return service;
}

Service ServicePlan::Rollout(int number, const std::string& learner,
                             const std::vector<std::string>& rewards) const {
  Service service =
      ServiceOf(*this, absl::StrCat("rollout-", number), "mdrl-rollout");
  // A worker that comes back under its name gets its slot back.
  service.child.argv.insert(service.child.argv.end(),
                            {"--name", service.child.name});
  service.child.environment["MDRL_METRICS__LISTEN"] = kAnyPort;
  // Addresses hold colons: in quotes they are texts wherever YAML stands.
  service.child.environment["MDRL_ROLLOUT__PEERS__LEARNER"] =
      absl::StrCat("\"", learner, "\"");
  service.child.environment["MDRL_ROLLOUT__PEERS__REWARD"] =
      absl::StrCat("[\"", absl::StrJoin(rewards, "\", \""), "\"]");
  return service;
}

absl::Status CheckBinaries(const std::filesystem::path& binaries) {
  for (const char* name :
       {"mdrlctl", "mdrl-learner", "mdrl-reward", "mdrl-rollout"}) {
    std::error_code error;
    if (std::filesystem::exists(binaries / name, error)) continue;
    return absl::NotFoundError(
        absl::StrCat((binaries / name).string(),
                     " does not exist: the services lie beside mdrlctl"));
  }
  return absl::OkStatus();
}

std::filesystem::path OwnFolder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

std::map<std::string, std::string> WithoutConfigVariables(
    std::map<std::string, std::string> environment) {
  std::erase_if(environment, [](const auto& variable) {
    return !ConfigKeyOfVariable(variable.first).empty();
  });
  return environment;
}

void UseFreePorts(LoadedConfig* config) {
  constexpr char kFree[] = "127.0.0.1:0";
  config::v1::Run& run = config->run;
  if (!config->IsSet("run.listen")) run.mutable_run()->set_listen(kFree);
  if (!config->IsSet("reward.listen")) run.mutable_reward()->set_listen(kFree);
  if (!config->IsSet("metrics.listen")) {
    run.mutable_metrics()->set_listen(kFree);
  }
  if (!config->IsSet("security.insecure")) {
    run.mutable_security()->set_insecure(true);
  }
}

}  // namespace mdrl
