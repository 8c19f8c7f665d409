// Construction, time, the ledger's answers and the end.

#include "services/learner/desk/front_desk.h"

#include <utility>

#include "common/base/error.h"
#include "common/base/log.h"
#include "nlohmann/json.hpp"

namespace mdrl {
namespace {

// Rows that may wait for the disk before new work is refused.
constexpr size_t kJournalRows = 4096;

WorkerTableOptions WorkersOf(const DeskOptions& options) {
  return {.run_id = options.run_id,
          .epoch = options.epoch,
          .build = options.build,
          .same_build = options.same_build,
          .base_model_hash = options.base_model_hash,
          .tokenizer_hash = options.tokenizer_hash,
          .heartbeat = options.heartbeat,
          .lease_for = options.lease_for};
}

LeaseTableOptions LeasesOf(const DeskOptions& options, DeskMetrics& metrics,
                           Clock& clock) {
  return {.groups_per_round = options.groups_per_round,
          .max_staleness = options.max_staleness,
          .rounds_limit = options.rounds_limit,
          .lease_for = options.lease_for,
          .stall = options.stall,
          .group_deadline = options.group_deadline,
          .quarantine_after = options.quarantine_after,
          .max_attempts = options.max_attempts,
          .evaluation_share = options.eval_share,
          .on_ticket = [&metrics, &clock](const Ticket& ticket) {
            metrics.CountTicket(ticket, clock.Now());
          }};
}

}  // namespace

FrontDesk::FrontDesk(DeskOptions options, Clock& clock, Ledger& ledger,
                     uint64_t next_round)
    : options_(std::move(options)),
      clock_(clock),
      ledger_(ledger),
      unread_(options_.metrics == nullptr ? std::make_unique<UnreadMetrics>()
                                          : nullptr),
      metrics_(unread_ ? unread_->metrics : *options_.metrics),
      store_(options_.epoch, options_.max_staleness),
      buffer_(options_.groups_per_round, options_.max_staleness, next_round),
      journal_(ledger, kJournalRows,
               [this](absl::StatusOr<uint64_t> seq) { OnCommit(seq); }),
      library_({.seed = options_.seed, .shuffled = options_.shuffled}),
      table_(LeasesOf(options_, metrics_, clock_)),
      workers_(WorkersOf(options_)) {
  if (options_.rounds_limit != 0) buffer_.EndAt(options_.rounds_limit);
  metrics_.staleness_bound.Set(static_cast<double>(options_.max_staleness));
  metrics_.groups_capacity.Set(static_cast<double>(
      (options_.max_staleness + 1) * options_.groups_per_round));
  auto reader = LedgerReader::Open(ledger.path());
  MutexLock lock(mutex_);
  if (reader.ok()) {
    reader_ = *std::move(reader);
  } else {
    failed_ = reader.status();
  }
  last_ready_ = clock_.Now();
  phases_.Enter(LoopPhase::kStarting, "", last_ready_);
}

FrontDesk::~FrontDesk() {
  Close();
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    while (journal_.under_way() || answering_ > 0) changed_.Wait(mutex_);
    const absl::Status why = absl::UnavailableError(
        "the learner closed before its ledger had taken this");
    for (const Journal::Then& then : journal_.Abandon()) then(why, outbox);
  }
  RunAll(outbox);
}

void FrontDesk::RunAll(Outbox& outbox) {
  for (const std::function<void()>& run : outbox) run();
  outbox.clear();
}

void FrontDesk::OnCommit(const absl::StatusOr<uint64_t>& seq) {
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    ++answering_;
    absl::StatusOr<std::vector<Journal::Then>> waiting =
        journal_.Committed(seq);
    if (waiting.ok()) {
      for (const Journal::Then& then : *waiting) then(seq, outbox);
      if (!closed_) PumpLocked(outbox);
      journal_.Flush();
    } else {
      // The ledger holds something that this desk did not know: going on
      // would tell people what is not true.
      FailLocked(waiting.status(), outbox);
    }
    changed_.NotifyAll();
  }
  RunAll(outbox);
  MutexLock lock(mutex_);
  --answering_;
  changed_.NotifyAll();
}

void FrontDesk::BreakLocked(const absl::Status& why) {
  Log(LogLevel::kError, "desk_failed", std::string(why.message()));
  if (failed_.ok()) failed_ = why;
  buffer_.Close();
  changed_.NotifyAll();
}

void FrontDesk::FailLocked(const absl::Status& why, Outbox& outbox) {
  BreakLocked(why);
  for (const Journal::Then& then : journal_.Abandon()) {
    then(absl::UnavailableError("the learner has failed"), outbox);
  }
}

void FrontDesk::Tick() {
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    const absl::Time now = clock_.Now();
    if (!closed_ && failed_.ok()) journal_.Retry();
    for (const Worker* worker : workers_.Expire(now)) {
      Log(LogLevel::kWarn, "worker_lost", "no heartbeat for a lease time",
          {{"worker", worker->name}});
      metrics_.workers_lost.Increment();
      journal_.Add(EventNoted{
          .kind = "worker_lost",
          .subject = worker->name,
          .body =
              nlohmann::json({{"slot", worker->slot},
                              {"leases", table_.held(worker->registration_id)}})
                  .dump()});
      lease_calls_.Forget(
          worker->registration_id,
          Refusal(absl::StatusCode::kAborted, reason::kRegistrationUnknown,
                  "the worker was silent for a lease time; register again"),
          outbox);
      EndedLocked(table_.EndAll(worker->registration_id, Reason::kWorkerLost),
                  outbox);
    }
    EndedLocked(table_.Expire(now), outbox);
    EndWaitsLocked(now, outbox);
    EndGenerationsLocked(
        now,
        absl::DeadlineExceededError("no worker decoded it in the time that a "
                                    "generation may wait"),
        outbox);
    IssueLocked();
    PumpLocked(outbox);
    journal_.Flush();
    ObserveLocked(now);
  }
  RunAll(outbox);
}

void FrontDesk::BeginStart() {
  MutexLock lock(mutex_);
  starting_ = true;
}

void FrontDesk::EndStart() {
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    starting_ = false;
    last_ready_ = clock_.Now();
    PumpLocked(outbox);
    journal_.Flush();
  }
  RunAll(outbox);
}

void FrontDesk::EndWaitsLocked(absl::Time now, Outbox& outbox) {
  const std::vector<LeaseCalls::Parked> parked(lease_calls_.parked().begin(),
                                               lease_calls_.parked().end());
  for (const LeaseCalls::Parked& call : parked) {
    if (call.until > now) continue;
    const Worker* worker = workers_.FindByRegistration(call.registration);
    lease_calls_.Reply(
        call.registration, call.call,
        {.leases = {},
         .none_because = worker == nullptr ? Reason::kWorkerLost
                                           : NoWorkBecauseLocked(*worker)},
        outbox);
  }
  for (auto& [answer, view] : evaluations_.TakeOverdue(now)) {
    outbox.push_back(
        [answer = std::move(answer), view = std::move(view)] { answer(view); });
  }
}

void FrontDesk::Stop(Reason why) {
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    if (!stopped_.has_value()) stopped_ = why;
    buffer_.Close();
    PumpLocked(outbox);
    changed_.NotifyAll();
  }
  RunAll(outbox);
}

void FrontDesk::Close() {
  Stop(Reason::kDraining);
  store_.Close();
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    closed_ = true;
    for (auto& [answer, view] : evaluations_.TakeAllWaiters()) {
      outbox.push_back([answer = std::move(answer)] {
        answer(absl::UnavailableError("the learner is closing"));
      });
    }
    EndGenerationsLocked(absl::InfiniteFuture(),
                         absl::UnavailableError("the learner is closing"),
                         outbox);
    changed_.NotifyAll();
  }
  RunAll(outbox);
}

}  // namespace mdrl
