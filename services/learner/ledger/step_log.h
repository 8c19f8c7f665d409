// steps.jsonl: what people and notebooks read of a run.
//
// It follows from the ledger and can be made again from it, so nothing here is
// fsynced. Not thread-safe: the learner's loop owns it.
#ifndef MDRL_SERVICES_LEARNER_LEDGER_STEP_LOG_H_
#define MDRL_SERVICES_LEARNER_LEDGER_STEP_LOG_H_

#include <memory>
#include <string>
#include <utility>

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

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEDGER_STEP_LOG_H_
