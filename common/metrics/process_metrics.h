// The process_* metrics: what the system knows of this process.
//
//   ProcessMetrics process(registry);  // refreshed at every scrape
#ifndef MDRL_COMMON_METRICS_PROCESS_METRICS_H_
#define MDRL_COMMON_METRICS_PROCESS_METRICS_H_

#include <optional>
#include <string_view>

#include "common/metrics/registry.h"

namespace mdrl {

// What /proc/PID/stat says, in base units.
struct ProcessUse {
  double cpu_seconds = 0.0;  // user and system
  double resident_bytes = 0.0;
  double virtual_bytes = 0.0;
  double start_seconds = 0.0;  // after the machine's start
  double threads = 0.0;
};

// nullopt if `stat` is not such a line. Pure but for the system's constants.
std::optional<ProcessUse> ParseProcessStat(std::string_view stat);

// Adds them to `registry` and keeps them fresh. Must outlive its last
// Collect().
class ProcessMetrics {
 public:
  explicit ProcessMetrics(Registry& registry);

 private:
  void Refresh();

  Counter& cpu_seconds_;
  Gauge& resident_bytes_;
  Gauge& virtual_bytes_;
  Gauge& start_time_;
  Gauge& threads_;
  Gauge& open_fds_;
  Gauge& max_fds_;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_METRICS_PROCESS_METRICS_H_
