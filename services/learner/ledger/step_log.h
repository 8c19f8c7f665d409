// steps.jsonl and summary.json: what people and notebooks read of a run.
//
// Both follow from the ledger and can be made again from it, so nothing here is
// fsynced. Not thread-safe: the learner's loop owns them.
#ifndef MDRL_SERVICES_LEARNER_LEDGER_STEP_LOG_H_
#define MDRL_SERVICES_LEARNER_LEDGER_STEP_LOG_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mdrl {

class LedgerReader;

// One line of JSON per committed step, in order.
class StepLog {
 public:
  // Brings the file in line with the ledger: keeps the lines that are the same,
  // cuts what follows them (a torn line, steps that were not committed), writes
  // what is missing.
  static absl::StatusOr<std::unique_ptr<StepLog>> Open(const std::string& path,
                                                       LedgerReader& ledger);
  ~StepLog();
  StepLog(const StepLog&) = delete;
  StepLog& operator=(const StepLog&) = delete;

  // `line`: StepCommitted::numbers of the step that was just committed.
  absl::Status Append(const std::string& line);

 private:
  StepLog(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  const std::string path_;
  const int fd_;
};

struct RunSummary {
  struct Evaluation {
    uint64_t round = 0;
    uint64_t version = 0;
    uint64_t n = 0;  // completions
    uint64_t solved = 0;
    double cells = 0.0;  // mean share of right cells, where the task has cells
    double seconds = 0.0;
  };
  std::string task;
  uint64_t seed = 0;
  uint64_t rounds = 0;
  uint64_t steps = 0;
  uint64_t versions = 0;
  uint64_t tokens_generated = 0;
  double wall_seconds = 0.0;
  std::vector<Evaluation> evals;
};

std::string SummaryJson(const RunSummary& summary);
// Replaces the file as a whole.
absl::Status WriteSummary(const std::string& path, const RunSummary& summary);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEDGER_STEP_LOG_H_
