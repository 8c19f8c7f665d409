// Where the metrics of a run's processes are, in the form that Prometheus
// reads from a file (file_sd):
//
//   [{"targets":["127.0.0.1:40212"],
//     "labels":{"run":"quick","role":"learner","process":"learner"}}]
//
// Not thread-safe.
#ifndef MDRL_CLIENT_LAUNCH_SCRAPE_TARGETS_H_
#define MDRL_CLIENT_LAUNCH_SCRAPE_TARGETS_H_

#include <filesystem>
#include <map>
#include <string>

#include "absl/status/status.h"

namespace mdrl {

class ScrapeTargets {
 public:
  // Writes `file`; its folder is made with the first target.
  ScrapeTargets(std::filesystem::path file, std::string run)
      : file_(std::move(file)), run_(std::move(run)) {}

  // Process `name` ("rollout-0") serves its metrics on `address` from now on.
  // Its role is the name without the number. The file is replaced whole.
  absl::Status Set(const std::string& name, const std::string& address);

 private:
  const std::filesystem::path file_;
  const std::string run_;
  std::map<std::string, std::string> addresses_;  // by name
};

}  // namespace mdrl

#endif  // MDRL_CLIENT_LAUNCH_SCRAPE_TARGETS_H_
