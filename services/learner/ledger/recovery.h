// What the ledger knew when the last learner ended: read once, before the new
// one serves.
//
// Everything that will be used is checked on the way: SQLite's own quick_check,
// the hash of every prompt set, of every group, of every batch, and the chain
// over the steps. Plain values; a pure read.
#ifndef MDRL_SERVICES_LEARNER_LEDGER_RECOVERY_H_
#define MDRL_SERVICES_LEARNER_LEDGER_RECOVERY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/record/group.h"
#include "common/record/reason.h"
#include "common/record/ticket.h"
#include "services/learner/ledger/reader.h"
#include "services/learner/ledger/rows.h"

namespace mdrl {

struct StoredPromptSet {
  PromptSetAdded added;  // without the pending id; with the present state
  uint64_t pass = 0;
  uint64_t cursor = 0;
  uint64_t issued = 0;  // training tickets
  uint64_t trained = 0;
  uint64_t seq = 0;
  // Indices of prompts that are not given out. The prompts themselves stay in
  // the ledger.
  std::vector<uint64_t> over_length;
  std::vector<uint64_t> quarantined;
  // By index: how many training groups the prompt had. Empty if none had any.
  std::vector<uint32_t> occurrences;
};

struct RecoveredGroup {
  StoredGroup stored;
  Group group;
  StoredPrompt prompt;  // of its ticket
};

// A ticket that is not closed.
struct StoredTicket {
  TicketIssued issued;
  TicketState state = TicketState::kIssued;
  uint32_t attempts = 0;  // the highest one granted for its group
  // LEASED: who holds the newest attempt, and since which epoch.
  uint32_t slot = 0;
  uint64_t lease_epoch = 0;
  std::optional<RecoveredGroup> group;  // SUBMITTED, IN_ROUND
};

struct StoredRound {
  uint64_t round = 0;
  RoundKind kind = RoundKind::kTraining;
  Digest batch_sha256;
  uint64_t first_ticket = 0;
  bool closed = false;
  std::vector<RecoveredGroup> groups;  // in order of place
  std::vector<StepCommitted> steps;    // in order
};

// issued = trained + answered + dropped + open.
struct TicketCounts {
  uint64_t issued = 0;
  uint64_t trained = 0;
  uint64_t answered = 0;
  uint64_t open = 0;
  std::map<Reason, uint64_t> dropped;
};

struct RecoveredRun {
  std::map<std::string, std::string> meta;  // as MetaSet wrote it
  uint64_t last_epoch = 0;                  // 0: there was none
  bool clean_end = false;
  uint64_t newest_seq = 0;
  std::vector<StoredPromptSet> prompt_sets;  // in order of submission
  std::map<Purpose, uint64_t> next_ticket;   // absent: 0
  std::map<Purpose, TicketCounts> tickets;
  std::vector<StoredTicket> open_tickets;  // by purpose and number
  std::vector<WorkerRegistered> workers;   // by slot
  std::vector<StoredRound> rounds;         // from `first_round` on, in order
  std::optional<uint64_t> last_round;      // of all
  std::optional<StepCommitted> last_step;  // of all
  std::vector<PolicyPublished> policies;   // by version
  std::vector<CheckpointWritten> checkpoints;  // that were not removed, by step
  std::vector<StoredEvaluation> evaluations;
};

struct RecoveryOptions {
  std::string path;
  GroupCodec codec;
  // The first round that the checkpoint does not hold: rounds from it on are
  // read with their groups and steps, to train them again.
  uint64_t first_round = 0;
};

// NotFound: there is no ledger. DataLoss, naming table and key (exit 65): the
// file is damaged, or was written by a newer build.
absl::StatusOr<RecoveredRun> RecoverRun(const RecoveryOptions& options);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEDGER_RECOVERY_H_
