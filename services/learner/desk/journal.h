// Writes what the desk decided into the ledger, in the order of the decisions,
// and remembers who waits for which commit.
//
// One write is under way at a time; what is decided meanwhile becomes the next
// one, so a busy desk commits in groups. When the disk refuses, the same write
// is tried again at the next Retry(): the desk may be ahead of the disk, but
// nobody is told, and the order is kept.
//
// Not thread-safe: the desk owns it under its lock, and the ledger's answer
// comes back through `committed`, which takes that lock.
#ifndef MDRL_SERVICES_LEARNER_DESK_JOURNAL_H_
#define MDRL_SERVICES_LEARNER_DESK_JOURNAL_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/learner/ledger/ledger.h"
#include "services/learner/ledger/rows.h"

namespace mdrl {

class Journal {
 public:
  // Callbacks to run once the desk's lock is released.
  using Outbox = std::vector<std::function<void()>>;
  // Called once, with the desk's lock held: the seq of the commit, or why
  // there will never be one.
  using Then = std::function<void(const absl::StatusOr<uint64_t>&, Outbox&)>;

  // `committed` is called on the ledger's thread; it must come back with
  // Committed(). `ledger` outlives the journal.
  Journal(Ledger& ledger, size_t limit,
          std::function<void(absl::StatusOr<uint64_t>)> committed)
      : ledger_(ledger), limit_(limit), committed_(std::move(committed)) {}

  // Adds rows to what is written next; `then` runs after their commit.
  template <typename Row>
  void Add(Row row) {
    next_.Add(std::move(row));
  }
  void AfterCommit(Then then) { next_then_.push_back(std::move(then)); }
  // Sends what was added, unless a write is under way.
  void Flush();

  // Takes the ledger's answer; returns who waited for it, in order. An error
  // that trying again cannot mend is returned as it is.
  absl::StatusOr<std::vector<Then>> Committed(
      const absl::StatusOr<uint64_t>& seq);
  // Sends a refused write again.
  void Retry();
  // Gives up what is not committed; returns who waited. REQUIRES: no write is
  // under way.
  std::vector<Then> Abandon();

  // Whether new work must wait: the disk refuses or is too far behind.
  bool full() const { return refused_ || next_.rows.size() >= limit_; }
  // A write was given to the ledger and not answered yet.
  bool under_way() const { return under_way_; }
  // Nothing is under way and nothing waits.
  bool idle() const { return !under_way_ && !refused_ && next_.rows.empty(); }
  uint64_t seq() const { return seq_; }

 private:
  void Send();

  Ledger& ledger_;
  const size_t limit_;  // rows that may wait
  const std::function<void(absl::StatusOr<uint64_t>)> committed_;
  LedgerWrite next_;
  std::vector<Then> next_then_;
  LedgerWrite current_;  // kept for another try
  std::vector<Then> current_then_;
  bool under_way_ = false;
  bool refused_ = false;
  uint64_t seq_ = 0;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DESK_JOURNAL_H_
