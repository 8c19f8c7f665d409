// Prometheus as one more process of a run on this machine: the distribution's
// program with the configuration, rules and console page of deploy/prometheus.
//
//   RUN_DIR/prometheus/prometheus.yml, rules/, consoles/   copies of the
//   shipped RUN_DIR/prometheus/targets/mdrl.json scrape_targets.h
//   RUN_DIR/prometheus/data/                               what it has recorded
#ifndef MDRL_CLIENT_LAUNCH_PROMETHEUS_H_
#define MDRL_CLIENT_LAUNCH_PROMETHEUS_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/launch/service_plan.h"

namespace mdrl {

// The files of deploy/prometheus, by their path below it; part of this program.
const std::map<std::string, std::string>& ShippedPrometheusFiles();

// The program on the PATH of `environment`. NotFound says how to get it.
absl::StatusOr<std::filesystem::path> FindPrometheus(
    const std::map<std::string, std::string>& environment);

// RUN_DIR/prometheus.
std::filesystem::path PrometheusFolder(const std::filesystem::path& run_folder);
// Where ScrapeTargets writes, whether Prometheus is started or not.
std::filesystem::path ScrapeTargetsFile(
    const std::filesystem::path& run_folder);

// Puts the shipped files into the folder of a run.
absl::Status WritePrometheusFiles(const std::filesystem::path& run_folder);

// A port of loopback that nobody listened on a moment ago: Prometheus cannot
// choose one itself and say which. To be asked when everybody else has theirs.
absl::StatusOr<uint16_t> FreeLoopbackPort();

// The process. It counts as started once it answers that it is ready.
Service PrometheusService(const ServicePlan& plan,
                          const std::filesystem::path& program, uint16_t port);

// The console page of a run that is served on `port`.
std::string ConsoleUrl(uint16_t port);

}  // namespace mdrl

#endif  // MDRL_CLIENT_LAUNCH_PROMETHEUS_H_
