#include "services/learner/ledger/ledger.h"

#include <pthread.h>

#include <algorithm>
#include <future>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/base/status_reason.h"
#include "services/learner/ledger/connection.h"
#include "services/learner/ledger/schema.h"

namespace mdrl {
namespace {

// A refusal of the row itself; anything else is the file's.
bool IsRefusal(const absl::Status& status) {
  return absl::IsAlreadyExists(status) || absl::IsFailedPrecondition(status) ||
         absl::IsNotFound(status) || absl::IsInvalidArgument(status);
}

// Parts of submissions that never became a set: nobody was told of them.
absl::Status RemoveOrphanPrompts(LedgerConnection& connection) {
  std::string last;
  for (;;) {
    std::string found;
    {
      // One seek per set, not one pass over all prompts.
      MDRL_ASSIGN_OR_RETURN(
          Query query, connection.Select("SELECT min(set_sha256) FROM prompts "
                                         "WHERE set_sha256 > ?",
                                         Blob{last}));
      MDRL_ASSIGN_OR_RETURN(const bool row, query.Next());
      if (!row || query.IsNull(0)) return absl::OkStatus();
      found = query.Text(0);
    }
    MDRL_RETURN_IF_ERROR(
        connection
            .Run("DELETE FROM prompts WHERE set_sha256 = ?1 AND NOT EXISTS "
                 "(SELECT 1 FROM prompt_sets WHERE sha256 = ?1)",
                 Blob{found})
            .status());
    last = std::move(found);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Open(LedgerOptions options) {
  MDRL_CHECK(options.commit_events > 0 && options.queue > 0)
      << "a ledger without room";
  const std::string path = options.path;
  MDRL_ASSIGN_OR_RETURN(auto connection,
                        LedgerConnection::OpenForWriting(path));
  MDRL_RETURN_IF_ERROR(WithContext(BringToSchema(*connection), path));
  MDRL_RETURN_IF_ERROR(WithContext(RemoveOrphanPrompts(*connection), path));
  MDRL_ASSIGN_OR_RETURN(RowWriter rows, RowWriter::Create(*connection));
  MDRL_ASSIGN_OR_RETURN(
      const uint64_t oldest,
      connection->SelectU64(1, "SELECT min(seq) FROM events"));
  return std::unique_ptr<Ledger>(new Ledger(
      std::move(options), std::move(connection), std::move(rows), oldest));
}

Ledger::Ledger(LedgerOptions options,
               std::unique_ptr<LedgerConnection> connection, RowWriter rows,
               uint64_t oldest_seq)
    : options_(std::move(options)),
      connection_(std::move(connection)),
      rows_(std::move(rows)),
      oldest_seq_(oldest_seq),
      newest_seq_(rows_.mark().next_seq - 1) {
  writer_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "ledger");
    Run();
  });
}

Ledger::~Ledger() { Close(); }

absl::Status Ledger::Enqueue(LedgerWrite write, Done done) {
  {
    MutexLock lock(mutex_);
    if (closed_) return absl::UnavailableError("the ledger is closed");
    if (queue_.size() >= options_.queue) {
      return WithReason(absl::ResourceExhaustedError(
                            "the ledger's queue is full: try again later"),
                        ReasonName(Reason::kLedgerSlow));
    }
    queued_rows_ += write.rows.size();
    queue_.push_back({std::move(write), std::move(done), false, absl::Now()});
  }
  arrived_.NotifyOne();
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> Ledger::Commit(LedgerWrite write) {
  std::promise<absl::StatusOr<uint64_t>> outcome;
  Done done = [&outcome](absl::StatusOr<uint64_t> seq) {
    outcome.set_value(std::move(seq));
  };
  {
    MutexLock lock(mutex_);
    while (!closed_ && queue_.size() >= options_.queue) room_.Wait(mutex_);
    if (closed_) return absl::UnavailableError("the ledger is closed");
    queued_rows_ += write.rows.size();
    ++urgent_;
    queue_.push_back({std::move(write), std::move(done), true, absl::Now()});
  }
  arrived_.NotifyOne();
  return outcome.get_future().get();
}

void Ledger::Close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  arrived_.NotifyAll();
  room_.NotifyAll();
  MutexLock lock(join_mutex_);
  if (writer_.joinable()) writer_.join();
}

void Ledger::OnCommit(std::function<void(uint64_t)> callback) {
  MutexLock lock(mutex_);
  on_commit_ = std::move(callback);
}

size_t Ledger::waiting() const {
  MutexLock lock(mutex_);
  return queue_.size();
}

void Ledger::Run() {
  for (;;) {
    std::vector<Pending> batch = AwaitBatch();
    if (batch.empty()) return;
    CommitBatch(std::move(batch));
  }
}

bool Ledger::BatchReadyLocked() const {
  return closed_ || urgent_ > 0 || queued_rows_ >= options_.commit_events;
}

std::vector<Ledger::Pending> Ledger::AwaitBatch() {
  std::vector<Pending> batch;
  {
    MutexLock lock(mutex_);
    while (!BatchReadyLocked()) {
      if (queue_.empty()) {
        arrived_.Wait(mutex_);
        continue;
      }
      const absl::Duration left =
          queue_.front().since + options_.commit_delay - absl::Now();
      // A wall clock that was set back must not hold a write for long.
      if (left <= absl::ZeroDuration() || left > options_.commit_delay) break;
      arrived_.WaitFor(mutex_, left);
    }
    size_t rows = 0;
    while (!queue_.empty() && rows < options_.commit_events) {
      Pending& next = queue_.front();
      rows += next.write.rows.size();
      if (next.urgent) --urgent_;
      batch.push_back(std::move(next));
      queue_.pop_front();
    }
    queued_rows_ -= rows;
  }
  room_.NotifyAll();
  return batch;
}

void Ledger::CommitBatch(std::vector<Pending> batch) {
  const absl::Time start = absl::Now();
  auto outcomes = Write(batch);
  Count(batch, absl::Now() - start, outcomes.status());
  if (!outcomes.ok()) {
    const absl::Status status = outcomes.status();
    const std::string reason = ReasonOf(status);
    failed_commits_.fetch_add(1);
    const Reason before = failing_.exchange(
        reason == ReasonName(Reason::kDiskFull)     ? Reason::kDiskFull
        : reason == ReasonName(Reason::kLedgerSlow) ? Reason::kLedgerSlow
                                                    : Reason::kInternal);
    if (before == Reason::kUnspecified) {
      Log(LogLevel::kError, "ledger_refuses",
          std::string(status.message()) + ": nothing is admitted until it does",
          {{"reason", reason}, {"path", options_.path}});
    }
    // What waits was enqueued in the belief that this batch would be there; it
    // is taken before anyone is told, for who is told may try again at once.
    std::deque<Pending> waiting = TakeWaiting();
    for (Pending& pending : batch) pending.done(status);
    for (Pending& pending : waiting) pending.done(status);
    return;
  }
  if (failing_.exchange(Reason::kUnspecified) != Reason::kUnspecified) {
    Log(LogLevel::kWarn, "ledger_writes_again", "commits succeed again",
        {{"path", options_.path}});
  }
  commits_.fetch_add(1);
  const uint64_t newest = rows_.mark().next_seq - 1;
  newest_seq_.store(newest);
  for (size_t i = 0; i < batch.size(); ++i) {
    batch[i].done(std::move((*outcomes)[i]));
  }
  std::function<void(uint64_t)> on_commit;
  {
    MutexLock lock(mutex_);
    on_commit = on_commit_;
  }
  if (on_commit) on_commit(newest);
}

void Ledger::Count(const std::vector<Pending>& batch, absl::Duration took,
                   const absl::Status& status) const {
  if (options_.metrics == nullptr) return;
  options_.metrics->commit_seconds.Observe(took);
  if (!status.ok()) {
    const std::string reason = ReasonOf(status);
    options_.metrics->errors
        .At({reason == ReasonName(Reason::kDiskFull)     ? "disk_full"
             : reason == ReasonName(Reason::kLedgerSlow) ? "ledger_slow"
                                                         : "internal"})
        .Increment();
    return;
  }
  size_t rows = 0;
  for (const Pending& pending : batch) rows += pending.write.rows.size();
  options_.metrics->commit_rows.Observe(static_cast<double>(rows));
}

std::deque<Ledger::Pending> Ledger::TakeWaiting() {
  std::deque<Pending> waiting;
  {
    MutexLock lock(mutex_);
    waiting.swap(queue_);
    queued_rows_ = 0;
    urgent_ = 0;
  }
  room_.NotifyAll();
  return waiting;
}

absl::StatusOr<std::vector<absl::StatusOr<uint64_t>>> Ledger::Write(
    const std::vector<Pending>& batch) {
  const RowWriter::Mark before = rows_.mark();
  const uint64_t oldest_before = oldest_seq_;
  auto outcomes = WriteRows(batch);
  if (!outcomes.ok()) {
    rows_.Restore(before);
    oldest_seq_ = oldest_before;
    // SQLite may have rolled back by itself; then this has nothing to do.
    connection_->Execute("ROLLBACK").IgnoreError();
  }
  return outcomes;
}

absl::StatusOr<std::vector<absl::StatusOr<uint64_t>>> Ledger::WriteRows(
    const std::vector<Pending>& batch) {
  At("begin");
  MDRL_RETURN_IF_ERROR(connection_->Execute("BEGIN IMMEDIATE"));
  std::vector<absl::StatusOr<uint64_t>> outcomes;
  outcomes.reserve(batch.size());
  for (const Pending& pending : batch) {
    MDRL_ASSIGN_OR_RETURN(absl::StatusOr<uint64_t> outcome,
                          WriteOne(pending.write));
    outcomes.push_back(std::move(outcome));
  }
  MDRL_RETURN_IF_ERROR(TrimEvents());
  if (options_.disk) MDRL_RETURN_IF_ERROR(options_.disk());
  At("commit");
  MDRL_RETURN_IF_ERROR(connection_->Execute("COMMIT"));
  At("committed");
  return outcomes;
}

absl::StatusOr<absl::StatusOr<uint64_t>> Ledger::WriteOne(
    const LedgerWrite& write) {
  const RowWriter::Mark before = rows_.mark();
  const absl::Time now = options_.clock->Now();
  MDRL_RETURN_IF_ERROR(connection_->Execute("SAVEPOINT one"));
  for (const LedgerRow& row : write.rows) {
    At("row");
    const absl::Status status = rows_.Write(row, now);
    if (!status.ok()) {
      if (!IsRefusal(status)) return status;
      rows_.Restore(before);
      MDRL_RETURN_IF_ERROR(
          connection_->Execute("ROLLBACK TO one; RELEASE one"));
      return absl::StatusOr<uint64_t>(status);
    }
    At("row.done");
  }
  MDRL_RETURN_IF_ERROR(connection_->Execute("RELEASE one"));
  return absl::StatusOr<uint64_t>(rows_.mark().next_seq - 1);
}

absl::Status Ledger::TrimEvents() {
  const uint64_t newest = rows_.mark().next_seq - 1;
  const uint64_t kept = newest + 1 - std::min(oldest_seq_, newest + 1);
  if (options_.keep_events == 0 || kept <= options_.keep_events) {
    return absl::OkStatus();
  }
  // A few at a time, but always more than a full batch brings.
  const uint64_t most = 2 * options_.commit_events;
  const uint64_t keep_from =
      oldest_seq_ + std::min(kept - options_.keep_events, most);
  oldest_seq_ = keep_from;
  return connection_->Run("DELETE FROM events WHERE seq < ?", keep_from)
      .status();
}

void Ledger::At(std::string_view place) {
  if (options_.fail_point) options_.fail_point(place);
}

}  // namespace mdrl
