// A ticket: permission for one group to be in flight; and what is decided about
// it. Plain values.
#ifndef MDRL_SERVICES_LEARNER_WORK_TICKET_H_
#define MDRL_SERVICES_LEARNER_WORK_TICKET_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/lease.h"
#include "common/record/reason.h"
#include "common/record/ticket.h"

namespace mdrl {

// One place of a prompt in the work: which prompt, for the how-manieth time.
struct Occurrence {
  Digest set_sha256;
  uint64_t index = 0;
  uint64_t occurrence = 0;
  GroupId group_id;
  friend bool operator==(const Occurrence&, const Occurrence&) = default;
};

struct Ticket {
  TicketId id;
  Occurrence of;
  std::string task;
  std::optional<uint64_t> due_round;     // d: the last round that may train it
  std::optional<Version> min_version;    // m
  std::optional<Version> exact_version;  // fixed_lag and evaluations
  uint32_t attempts = 0;                 // granted so far
  TicketState state = TicketState::kIssued;
  absl::Time issued = absl::InfinitePast();  // or when it was recovered
  Reason dropped = Reason::kUnspecified;
};

// An attempt that is over.
struct LeaseEnd {
  LeaseKey key;
  TicketId ticket;
  uint32_t slot = 0;
  Reason why = Reason::kUnspecified;
  std::string detail;
  // False: it had ended in the ledger before its worker came back with it.
  bool open_in_ledger = true;
  bool given_back = false;  // by its worker
};

// A prompt that does harm: its ticket waits for another (training) or is
// dropped (other purposes).
struct Poisoned {
  TicketId ticket;
  Occurrence of;
  Reason why = Reason::kUnspecified;  // the failure that repeated
};

// What ended, to be journalled before anything follows from it.
struct Endings {
  std::vector<LeaseEnd> leases;
  std::vector<Poisoned> poisoned;

  bool empty() const { return leases.empty() && poisoned.empty(); }
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_WORK_TICKET_H_
