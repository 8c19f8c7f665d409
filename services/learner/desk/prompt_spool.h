// A prompt set on its way in: line by line on disk, so that a million prompts
// cost no memory, and nothing of them is in the ledger before all are checked.
//
// The file has no name: it is gone with the spool, however the process ends.
// Not thread-safe. Errors are Unavailable, with the reason DISK_FULL where the
// disk is.
#ifndef MDRL_SERVICES_LEARNER_DESK_PROMPT_SPOOL_H_
#define MDRL_SERVICES_LEARNER_DESK_PROMPT_SPOOL_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/learner/ledger/rows.h"

namespace mdrl {

class PromptSpool {
 public:
  // In `folder`, where the ledger is.
  static absl::StatusOr<PromptSpool> Create(const std::string& folder);

  // REQUIRES: nothing was read yet.
  absl::Status Append(const PromptsPending::PromptRow& row);
  // The next rows in order, at most `most`; none once all were read.
  absl::StatusOr<std::vector<PromptsPending::PromptRow>> Read(size_t most);

  uint64_t size() const { return rows_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  explicit PromptSpool(std::FILE* file) : file_(file) {}
  absl::Status Failed(const char* doing) const;

  std::unique_ptr<std::FILE, Close> file_;
  uint64_t rows_ = 0;
  uint64_t read_ = 0;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DESK_PROMPT_SPOOL_H_
