// What can be written into the ledger: one plain struct per thing that
// happened.
//
// Every row also writes its event (kind, subject, a flat JSON object) in the
// same transaction. The comment of each row names what it changes and which
// error it gives when the ledger holds something that forbids it; such an
// error undoes its own LedgerWrite and nobody else's.
#ifndef MDRL_SERVICES_LEARNER_LEDGER_ROWS_H_
#define MDRL_SERVICES_LEARNER_LEDGER_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "common/base/id.h"
#include "common/record/group.h"
#include "common/record/lease.h"
#include "common/record/reason.h"
#include "common/record/snapshot.h"
#include "common/record/ticket.h"

namespace mdrl {

enum class RoundKind : uint32_t { kTraining = 1, kRollback = 2 };
enum class CheckpointState : uint32_t { kValid = 1, kRemoved = 2 };
enum class EvaluationState : uint32_t {
  kRunning = 1,
  kDone = 2,
  kCancelled = 3
};

// One part of a prompt set under a pending id that the learner chose for this
// submission. Invisible until PromptSetAdded; what is left of an interrupted
// submission is removed when the ledger is opened. AlreadyExists: the set is
// visible already. No event.
struct PromptsPending {
  struct PromptRow {
    std::string body;             // CanonicalLine(prompt)
    std::vector<int32_t> tokens;  // templated; empty if over length
    Reason quarantined =
        Reason::kUnspecified;  // kPromptOverLength: never issued
  };
  RequestId pending_id;
  uint64_t first_index = 0;
  std::vector<PromptRow> prompts;
  // The set's hash, where all prompts were read before the first is written:
  // they are then written in their place, instead of under the pending id, and
  // adding the set moves nothing (a million prompts: a minute).
  // REQUIRES: computed from these prompts, not just claimed by a client.
  std::optional<Digest> sha256;
};

// Forgets a pending submission. No event.
struct PromptsDiscarded {
  RequestId pending_id;
};

// Makes a pending set visible under its hash. AlreadyExists: the hash or the
// name is taken. FailedPrecondition: not exactly `count` prompts are pending.
struct PromptSetAdded {
  RequestId pending_id;
  Digest sha256;
  std::string name;
  std::string task;
  PromptSetState state = PromptSetState::kActive;
  uint64_t count = 0;
  std::optional<double>
      weight;  // in the mix; absent: as many as it has prompts
  std::string submitter;
};

// Where the next prompt comes from. NotFound: no such set. No event: every
// grant moves it.
struct PromptSetCursor {
  Digest sha256;
  uint64_t pass = 0;
  uint64_t cursor = 0;
};

struct PromptSetStateChanged {  // NotFound: no such set
  Digest sha256;
  PromptSetState state = PromptSetState::kActive;
};

struct PromptQuarantined {  // NotFound: no such prompt; kUnspecified lifts it
  Digest set_sha256;
  uint64_t index = 0;
  Reason reason = Reason::kPromptPoison;
};

// AlreadyExists: the ticket's number is taken.
struct TicketIssued {
  TicketId ticket;
  GroupId group_id;
  Digest set_sha256;
  uint64_t index = 0;
  uint64_t occurrence = 0;
  std::optional<uint64_t> due_round;
  std::optional<Version> min_version;
  bool exact = false;  // every span must be min_version
};

// Another prompt under the same ticket (fixed_lag, after a quarantine).
// FailedPrecondition: the ticket is not ISSUED or LEASED.
struct TicketPromptReplaced {
  TicketId ticket;
  GroupId group_id;
  Digest set_sha256;
  uint64_t index = 0;
  uint64_t occurrence = 0;
};

// Ticket -> LEASED. AlreadyExists: this attempt was granted before.
// FailedPrecondition: the ticket is not ISSUED or LEASED, or has another group.
struct LeaseGranted {
  LeaseKey key;
  TicketId ticket;
  uint32_t slot = 0;
};

// Ticket -> ISSUED, unless another attempt is out or its group has arrived.
// NotFound: no such open lease.
struct LeaseEnded {
  LeaseKey key;
  Reason ended_by = Reason::kLeaseExpired;
  std::string detail;
};

// Ticket -> DROPPED, and its open leases end with the same reason.
// FailedPrecondition: the ticket is unknown or closed.
struct TicketDropped {
  TicketId ticket;
  Reason reason = Reason::kCancelled;
};

// Ticket -> SUBMITTED (ANSWERED unless it is for training); all open leases of
// the group end: the submitter's without a reason, others as SUPERSEDED.
// AlreadyExists, with the AcceptedGroup in it: an attempt was accepted before.
// FailedPrecondition: the ticket is not ISSUED or LEASED, or has another group.
struct GroupSubmitted {
  struct CompletionRow {
    std::optional<double> reward;
    Outcome outcome = Outcome::kUnspecified;
    std::optional<bool> correct;
    uint32_t tokens = 0;
  };
  LeaseKey key;
  TicketId ticket;
  uint32_t slot = 0;
  Version version_min = 0;
  Version version_max = 0;
  Digest content_sha256;
  std::string body;  // the group, as its GroupCodec encodes it
  std::vector<CompletionRow> completions;  // in index order
};

// The row of a group that has all its fields from the group itself.
GroupSubmitted MakeGroupSubmitted(const Group& group,
                                  const Digest& content_sha256,
                                  std::string body);

// A name that had a slot keeps it. AlreadyExists: the slot has another name.
struct WorkerRegistered {
  uint32_t slot = 0;
  std::string name;
  BootId boot_id;
  std::string build;
  std::string device;
};

// The batch of a round; its tickets -> IN_ROUND. AlreadyExists: the round was
// opened before, or a group was used before. FailedPrecondition: a ticket is
// not SUBMITTED with that group.
struct RoundOpened {
  struct Place {
    TicketId ticket;
    GroupId group_id;
    uint32_t use = 0;  // > 0 only with a replay buffer
  };
  uint64_t round = 0;
  RoundKind kind = RoundKind::kTraining;
  Digest batch_sha256;
  uint64_t first_ticket = 0;
  std::vector<Place> groups;  // in order of place
};

// AlreadyExists: the step was committed before. FailedPrecondition: its round
// is not open.
struct StepCommitted {
  uint64_t step = 0;
  uint64_t round = 0;
  uint32_t inner = 0;
  ChunkHash params_hash;
  std::optional<ChunkHash> optimizer_hash;
  Digest chain;
  std::string numbers;  // the step's line in steps.jsonl, without line end
};

// Tickets of the round -> TRAINED. FailedPrecondition: the round is not open.
struct RoundClosed {
  struct Advantages {
    GroupId group_id;
    std::vector<double> of_completions;  // NaN: did not train
  };
  uint64_t round = 0;
  std::vector<Advantages> advantages;
};

// Published again (a new epoch) it must have the same content: AlreadyExists.
struct PolicyPublished {
  Version version = 0;
  uint64_t round = 0;
  uint64_t step = 0;
  Cause cause = Cause::kUnspecified;
  Digest content_sha256;
  Digest manifest_sha256;
  uint64_t bytes = 0;
};

struct CheckpointWritten {  // the same name again replaces it
  std::string name;
  uint64_t step = 0;
  uint64_t round = 0;
  Version version = 0;
  Digest manifest_sha256;
};
struct CheckpointRemoved {  // NotFound: no such checkpoint
  std::string name;
};

struct EvaluationStarted {  // AlreadyExists: the id is taken
  EvaluationId id;
  Version version = 0;
  std::string request;
};
struct EvaluationFinished {  // NotFound: no such evaluation is running
  EvaluationId id;
  EvaluationState state = EvaluationState::kDone;
  std::string result;
};

// The first answer to a user's mutation. AlreadyExists: answered before, read
// it with LedgerReader::FindRequest. No event of its own.
struct RequestRemembered {
  RequestId request_id;
  std::string rpc;
  Digest body_sha256;
  std::string reply;
};

// A start of the learner; later events carry this epoch. AlreadyExists: taken.
struct EpochStarted {
  uint64_t epoch = 0;
  std::string build;
  std::string checkpoint;  // empty: from the beginning
};
struct EpochEnded {  // a clean end of the present epoch
  std::string why;
};

// run_id, config_sha256, base_model_hash and the like; replaces. No event.
struct MetaSet {
  std::string key;
  std::string value;
};

// An event and nothing else. `body`: a flat JSON object, or empty.
struct EventNoted {
  std::string kind;
  std::string subject;
  std::string body;
};

using LedgerRow =
    std::variant<PromptsPending, PromptsDiscarded, PromptSetAdded,
                 PromptSetCursor, PromptSetStateChanged, PromptQuarantined,
                 TicketIssued, TicketPromptReplaced, LeaseGranted, LeaseEnded,
                 TicketDropped, GroupSubmitted, WorkerRegistered, RoundOpened,
                 StepCommitted, RoundClosed, PolicyPublished, CheckpointWritten,
                 CheckpointRemoved, EvaluationStarted, EvaluationFinished,
                 RequestRemembered, EpochStarted, EpochEnded, MetaSet,
                 EventNoted>;

// Rows that become durable together or not at all, written in this order.
struct LedgerWrite {
  std::vector<LedgerRow> rows;

  template <typename Row>
  LedgerWrite& Add(Row row) {
    rows.emplace_back(std::move(row));
    return *this;
  }
};

// The attempt that was accepted for a group.
struct AcceptedGroup {
  uint32_t attempt = 0;
  Digest content_sha256;
  Version version_min = 0;
  Version version_max = 0;
  uint64_t seq = 0;
};

// Puts `accepted` into the AlreadyExists of a GroupSubmitted, and takes it out
// again; nullopt for any other status.
absl::Status WithAccepted(absl::Status status, const AcceptedGroup& accepted);
std::optional<AcceptedGroup> AcceptedOf(const absl::Status& status);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEDGER_ROWS_H_
