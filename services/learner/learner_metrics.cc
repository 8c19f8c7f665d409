#include "services/learner/learner_metrics.h"

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/learner/server.h"

namespace mdrl {
namespace {

std::vector<std::string> TasksOf(const LearnerOptions& options) {
  std::vector<std::string> tasks;
  for (const auto& [task, settings] : options.desk.tasks) {
    tasks.push_back(task);
  }
  return tasks;
}

// Size of the file and of the journal beside it.
double BytesOf(const std::string& path) {
  double bytes = 0.0;
  for (const char* ending : {"", "-wal"}) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path + ending, error);
    if (!error) bytes += static_cast<double>(size);
  }
  return bytes;
}

}  // namespace

LearnerMetrics::LearnerMetrics(const LearnerOptions& options)
    : registry({.max_series = options.max_series}),
      process(registry),
      ledger(registry),
      desk(registry, TasksOf(options), Clock::Real().Now()),
      loop(registry, TasksOf(options), Clock::Real().Now(), desk),
      snapshot_bytes(registry.AddCounters("mdrl_snapshot_bytes_total",
                                          {{"encoding", {"full", "adapter"}}})),
      calls(registry, LearnerServices()) {
  desk.ledger_capacity.Set(options.ledger_queue);
  registry.AddGauges("mdrl_run_info")
      .At({options.run_name, options.order, options.result_sha256.ToHex()})
      .Set(1.0);
}

void LearnerMetrics::Watch(FrontDesk& front_desk, const Ledger& book) {
  registry.BeforeCollect([this, &front_desk, &book] {
    front_desk.RefreshMetrics();
    desk.ledger_depth.Set(static_cast<double>(book.waiting()));
    ledger.bytes.Set(BytesOf(book.path()));
  });
}

}  // namespace mdrl
