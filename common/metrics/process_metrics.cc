#include "common/metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace mdrl {
namespace {

// Places in /proc/PID/stat after the program's name (proc(5): field - 3).
constexpr size_t kUserTicks = 11;
constexpr size_t kSystemTicks = 12;
constexpr size_t kThreads = 17;
constexpr size_t kStartTicks = 19;
constexpr size_t kVirtualBytes = 20;
constexpr size_t kResidentPages = 21;

std::string ReadAll(const char* path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

// When the machine was started, in Unix seconds; 0 if /proc does not say.
double BootSeconds() {
  std::istringstream stat(ReadAll("/proc/stat"));
  std::string word;
  double seconds = 0.0;
  while (stat >> word) {
    if (word == "btime" && stat >> seconds) return seconds;
  }
  return 0.0;
}

}  // namespace

std::optional<ProcessUse> ParseProcessStat(std::string_view stat) {
  // The name is in brackets and may hold any character.
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  std::istringstream rest{std::string(stat.substr(name_end + 1))};
  std::vector<double> fields;
  std::string state;
  rest >> state;
  fields.push_back(0.0);  // the state is a letter
  double field = 0.0;
  while (rest >> field) fields.push_back(field);
  if (fields.size() <= kResidentPages) return std::nullopt;
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const double page = static_cast<double>(sysconf(_SC_PAGESIZE));
  return ProcessUse{
      .cpu_seconds = (fields[kUserTicks] + fields[kSystemTicks]) / ticks,
      .resident_bytes = fields[kResidentPages] * page,
      .virtual_bytes = fields[kVirtualBytes],
      .start_seconds = fields[kStartTicks] / ticks,
      .threads = fields[kThreads]};
}

ProcessMetrics::ProcessMetrics(Registry& registry)
    : cpu_seconds_(registry.AddCounter("process_cpu_seconds_total")),
      resident_bytes_(registry.AddGauge("process_resident_memory_bytes")),
      virtual_bytes_(registry.AddGauge("process_virtual_memory_bytes")),
      start_time_(registry.AddGauge("process_start_time_seconds")),
      threads_(registry.AddGauge("process_threads")),
      open_fds_(registry.AddGauge("process_open_fds")),
      max_fds_(registry.AddGauge("process_max_fds")) {
  registry.BeforeCollect([this] { Refresh(); });
}

void ProcessMetrics::Refresh() {
  if (const auto use = ParseProcessStat(ReadAll("/proc/self/stat"))) {
    cpu_seconds_.Increment(
        std::max(0.0, use->cpu_seconds - cpu_seconds_.value()));
    resident_bytes_.Set(use->resident_bytes);
    virtual_bytes_.Set(use->virtual_bytes);
    start_time_.Set(BootSeconds() + use->start_seconds);
    threads_.Set(use->threads);
  }
  std::error_code error;
  double open = 0.0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end;
       !error && it != end; it.increment(error)) {
    ++open;
  }
  open_fds_.Set(open);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    max_fds_.Set(static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace mdrl
