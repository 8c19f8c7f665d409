// Which processes a run consists of, and what each is started with.
//
// Pure but for asking where this program lies.
#ifndef MDRL_CLIENT_LAUNCH_SERVICE_PLAN_H_
#define MDRL_CLIENT_LAUNCH_SERVICE_PLAN_H_

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/launch/supervisor.h"
#include "common/config/load_config.h"

namespace mdrl {

struct ServicePlan {
  std::filesystem::path binaries;  // mdrlctl, mdrl-learner, ... lie here
  std::filesystem::path run_folder;
  pid_t parent = 0;  // who starts them
  std::map<std::string, std::string> environment = {};

  // PROGRAM --config RUN_DIR/config.resolved.yaml, through guarded_exec.h; log
  // RUN_DIR/logs/NAME.log.
  Service Reward(int number) const;
  // `started`: since when the run's wall time counts.
  Service Learner(absl::Time started) const;
  Service Rollout(int number, const std::string& learner,
                  const std::vector<std::string>& rewards) const;
};

// NotFound naming the program that does not lie in `binaries`.
absl::Status CheckBinaries(const std::filesystem::path& binaries);

// The folder of the running program.
std::filesystem::path OwnFolder();

// `environment` without the variables that are configuration keys: they are in
// the resolved file already, where --set may have overruled them.
std::map<std::string, std::string> WithoutConfigVariables(
    std::map<std::string, std::string> environment);

// Under `up` each address that nobody named becomes port 0 on loopback, and
// RPC runs without TLS unless somebody said otherwise.
void UseFreePorts(LoadedConfig* config);

}  // namespace mdrl

#endif  // MDRL_CLIENT_LAUNCH_SERVICE_PLAN_H_
