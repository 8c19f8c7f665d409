#include "services/learner/ledger/step_log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "common/base/status_macros.h"
#include "services/learner/ledger/reader.h"

namespace mdrl {
namespace {

constexpr size_t kLinesAtATime = 1000;

absl::Status WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return absl::ErrnoToStatus(errno, "writing " + path);
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

// The ledger's step lines one after the other, read some at a time.
class LinesOfLedger {
 public:
  explicit LinesOfLedger(LedgerReader& ledger) : ledger_(ledger) {}

  // Empty at the end.
  absl::StatusOr<std::string> Next() {
    if (at_ == lines_.size()) {
      MDRL_ASSIGN_OR_RETURN(lines_,
                            ledger_.StepLines(next_step_, kLinesAtATime));
      next_step_ += lines_.size();  // steps are dense from 0
      at_ = 0;
      if (lines_.empty()) return std::string();
    }
    return lines_[at_++];
  }

 private:
  LedgerReader& ledger_;
  std::vector<std::string> lines_;
  size_t at_ = 0;
  uint64_t next_step_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<StepLog>> StepLog::Open(const std::string& path,
                                                       LedgerReader& ledger) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return absl::ErrnoToStatus(errno, "opening " + path);
  auto log = std::unique_ptr<StepLog>(new StepLog(path, fd));

  std::ifstream file(path, std::ios::binary);
  LinesOfLedger lines(ledger);
  off_t good = 0;
  std::string here;
  MDRL_ASSIGN_OR_RETURN(std::string wanted, lines.Next());
  while (!wanted.empty() && std::getline(file, here) && !file.eof() &&
         here == wanted) {
    good += static_cast<off_t>(wanted.size()) + 1;
    MDRL_ASSIGN_OR_RETURN(wanted, lines.Next());
  }
  if (ftruncate(fd, good) != 0 || lseek(fd, good, SEEK_SET) != good) {
    return absl::ErrnoToStatus(errno, "cutting " + path);
  }
  while (!wanted.empty()) {
    MDRL_RETURN_IF_ERROR(log->Append(wanted));
    MDRL_ASSIGN_OR_RETURN(wanted, lines.Next());
  }
  return log;
}

StepLog::~StepLog() { close(fd_); }

absl::Status StepLog::Append(const std::string& line) {
  return WriteAll(fd_, line + "\n", path_);
}

}  // namespace mdrl
