// The run's journal: one SQLite file, one writer thread, group commit.
//
//   MDRL_ASSIGN_OR_RETURN(const auto ledger, Ledger::Open({.path = dir +
//   "/ledger.db"})); MDRL_RETURN_IF_ERROR(ledger->Enqueue(
//       LedgerWrite().Add(LeaseGranted{...}),
//       [reply](absl::StatusOr<uint64_t> seq) { reply(seq); }));
//
// Thread-safe. Writes are applied in the order in which they were enqueued;
// `done` and the return of Commit() come after the COMMIT that holds the
// write, so whatever was answered survives any crash. A write whose row is
// refused (AlreadyExists, FailedPrecondition, NotFound) leaves no trace and
// does not disturb its neighbours in the same transaction.
//
// When the disk refuses (full, slow, broken), every write that waits fails
// with Unavailable and the reason DISK_FULL or LEDGER_SLOW. Nothing of them is
// kept in the file; later writes are tried again and go through as soon as the
// disk does.
#ifndef MDRL_SERVICES_LEARNER_LEDGER_LEDGER_H_
#define MDRL_SERVICES_LEARNER_LEDGER_LEDGER_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/record/reason.h"
#include "common/sync/mutex.h"
#include "services/learner/ledger/ledger_metrics.h"
#include "services/learner/ledger/row_writer.h"
#include "services/learner/ledger/rows.h"

namespace mdrl {

class LedgerConnection;

struct LedgerOptions {
  std::string path = {};
  Clock* clock = &Clock::Real();  // of the events' times
  // The oldest waiting write is committed at the latest after this delay, or
  // as soon as this many rows wait. Commit() waits for neither.
  absl::Duration commit_delay = absl::Milliseconds(5);
  size_t commit_events = 256;
  size_t queue = 4096;             // writes
  uint64_t keep_events = 1000000;  // newest ones; 0: all
  // Called with the writer's place before and after every statement group and
  // commit; for crash tests. Places: begin, row, row.done, commit, committed.
  std::function<void(std::string_view place)> fail_point = nullptr;
  // What the disk says before each commit, for tests of one that is full.
  std::function<absl::Status()> disk = nullptr;
  LedgerMetrics* metrics = nullptr;  // counts; outlives the ledger
};

class Ledger {
 public:
  using Done = std::function<void(absl::StatusOr<uint64_t> seq)>;

  // Makes the file if there is none, and brings an older schema forward.
  // DataLoss: not a ledger, damaged, or written by a newer build (reason
  // LEDGER_NEWER). The folder must be held by a RunLock.
  static absl::StatusOr<std::unique_ptr<Ledger>> Open(LedgerOptions options);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // Queues `write`. OK: `done` is called exactly once, on the writer's thread,
  // with the seq of the write's last event (of the newest event, if it has
  // none); it must not block and must not call Commit() or Close().
  // ResourceExhausted, reason LEDGER_SLOW: the queue is full. Unavailable:
  // closed. In both cases `done` is never called. Never waits, so it may be
  // called under a lock that `done` takes too.
  absl::Status Enqueue(LedgerWrite write, Done done) MDRL_EXCLUDES(mutex_);

  // Queues `write`, waiting for room if need be, and waits for its commit.
  // REQUIRES: not on the writer's thread.
  absl::StatusOr<uint64_t> Commit(LedgerWrite write) MDRL_EXCLUDES(mutex_);

  // Commits what is queued, answers it, ends the writer. May be repeated.
  void Close() MDRL_EXCLUDES(mutex_);

  // Called on the writer's thread after each commit, with the newest seq.
  // At most one; set it before writes are queued.
  void OnCommit(std::function<void(uint64_t seq)> callback)
      MDRL_EXCLUDES(mutex_);

  // kUnspecified while commits succeed; else why the last one did not.
  Reason failing() const { return failing_.load(); }
  uint64_t newest_seq() const { return newest_seq_.load(); }
  uint64_t commits() const { return commits_.load(); }
  uint64_t failed_commits() const { return failed_commits_.load(); }
  size_t waiting() const MDRL_EXCLUDES(mutex_);
  const std::string& path() const { return options_.path; }

 private:
  struct Pending {
    LedgerWrite write;
    Done done;
    bool urgent = false;
    absl::Time since;
  };

  Ledger(LedgerOptions options, std::unique_ptr<LedgerConnection> connection,
         RowWriter rows, uint64_t oldest_seq);
  void Run();
  // The next batch; empty once closed and drained.
  std::vector<Pending> AwaitBatch() MDRL_EXCLUDES(mutex_);
  bool BatchReadyLocked() const MDRL_REQUIRES(mutex_);
  void CommitBatch(std::vector<Pending> batch) MDRL_EXCLUDES(mutex_);
  void Count(const std::vector<Pending>& batch, absl::Duration took,
             const absl::Status& status) const;
  std::deque<Pending> TakeWaiting() MDRL_EXCLUDES(mutex_);
  // Everything in one transaction, one savepoint per write; the outcome of
  // each write, or why nothing of the batch is in the file.
  absl::StatusOr<std::vector<absl::StatusOr<uint64_t>>> Write(
      const std::vector<Pending>& batch);
  absl::StatusOr<std::vector<absl::StatusOr<uint64_t>>> WriteRows(
      const std::vector<Pending>& batch);
  // One write in its savepoint. The outer status: the file refuses.
  absl::StatusOr<absl::StatusOr<uint64_t>> WriteOne(const LedgerWrite& write);
  absl::Status TrimEvents();
  void At(std::string_view place);

  const LedgerOptions options_;
  // Used by the writer's thread only once it runs.
  const std::unique_ptr<LedgerConnection> connection_;
  RowWriter rows_;
  uint64_t oldest_seq_;  // writer's thread only

  mutable Mutex mutex_;
  Condition arrived_;
  Condition room_;
  std::deque<Pending> queue_ MDRL_GUARDED_BY(mutex_);  // <= options_.queue
  size_t queued_rows_ MDRL_GUARDED_BY(mutex_) = 0;
  size_t urgent_ MDRL_GUARDED_BY(mutex_) = 0;  // queued by Commit()
  bool closed_ MDRL_GUARDED_BY(mutex_) = false;
  std::function<void(uint64_t)> on_commit_ MDRL_GUARDED_BY(mutex_);

  std::atomic<Reason> failing_{Reason::kUnspecified};
  std::atomic<uint64_t> newest_seq_{0};
  std::atomic<uint64_t> commits_{0};
  std::atomic<uint64_t> failed_commits_{0};
  // Close() from two threads: one joins, the other waits.
  Mutex join_mutex_;
  std::thread writer_ MDRL_GUARDED_BY(join_mutex_);
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEDGER_LEDGER_H_
