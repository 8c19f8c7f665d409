// Rows into statements: what each row changes, checks and tells.
//
// Not thread-safe: used by the ledger's writer alone, inside its transaction.
// An error leaves the row half written: the caller rolls back to its savepoint
// and restores the Mark. Errors of the row itself are AlreadyExists,
// FailedPrecondition and NotFound; any other means that the file refuses.
#ifndef MDRL_SERVICES_LEARNER_LEDGER_ROW_WRITER_H_
#define MDRL_SERVICES_LEARNER_LEDGER_ROW_WRITER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nlohmann/json_fwd.hpp"
#include "services/learner/ledger/rows.h"

namespace mdrl {

class LedgerConnection;

class RowWriter {
 public:
  // Where the writer stands; goes back with a rollback.
  struct Mark {
    uint64_t next_seq = 1;
    uint64_t epoch = 0;
  };

  // Reads the Mark from the file. `connection` outlives the writer.
  static absl::StatusOr<RowWriter> Create(LedgerConnection& connection);

  absl::Status Write(const LedgerRow& row, absl::Time now);

  const Mark& mark() const { return mark_; }
  void Restore(const Mark& mark) { mark_ = mark; }

 private:
  RowWriter(LedgerConnection& connection, Mark mark)
      : db_(&connection), mark_(mark) {}

  // Writes the event of the row at hand; its seq.
  absl::StatusOr<uint64_t> Event(const std::string& kind,
                                 const std::string& subject,
                                 const nlohmann::json& body);
  absl::StatusOr<uint64_t> EventText(const std::string& kind,
                                     const std::string& subject,
                                     const std::string& body);
  // FailedPrecondition unless the ticket is ISSUED or LEASED with this group.
  absl::Status CheckTicketTakes(const TicketId& ticket, const GroupId& group);
  absl::Status CheckSetIsNew(const Digest& sha256);
  // All prompts 0 .. count - 1 are there under `key`: a hash or a pending id.
  absl::StatusOr<bool> HasPrompts(const std::string& key, uint64_t count);
  absl::Status EndLeases(const GroupId& group, uint64_t seq, Reason reason);

  absl::Status Put(const PromptsPending& row);
  absl::Status Put(const PromptsDiscarded& row);
  absl::Status Put(const PromptSetAdded& row);
  absl::Status Put(const PromptSetCursor& row);
  absl::Status Put(const PromptSetStateChanged& row);
  absl::Status Put(const PromptQuarantined& row);
  absl::Status Put(const TicketIssued& row);
  absl::Status Put(const TicketPromptReplaced& row);
  absl::Status Put(const LeaseGranted& row);
  absl::Status Put(const LeaseEnded& row);
  absl::Status Put(const TicketDropped& row);
  absl::Status Put(const GroupSubmitted& row);
  absl::Status Put(const WorkerRegistered& row);
  absl::Status Put(const RoundOpened& row);
  absl::Status Put(const StepCommitted& row);
  absl::Status Put(const RoundClosed& row);
  absl::Status Put(const PolicyPublished& row);
  absl::Status Put(const CheckpointWritten& row);
  absl::Status Put(const CheckpointRemoved& row);
  absl::Status Put(const EvaluationStarted& row);
  absl::Status Put(const EvaluationFinished& row);
  absl::Status Put(const RequestRemembered& row);
  absl::Status Put(const EpochStarted& row);
  absl::Status Put(const EpochEnded& row);
  absl::Status Put(const MetaSet& row);
  absl::Status Put(const EventNoted& row);

  LedgerConnection* db_;
  Mark mark_;
  int64_t now_ns_ = 0;  // of the row at hand
};

// "train/17", as events and messages name a ticket.
std::string Print(const TicketId& ticket);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEDGER_ROW_WRITER_H_
