// All that the ledger knows of one group. Plain values.
#ifndef MDRL_SERVICES_LEARNER_LEDGER_STORY_H_
#define MDRL_SERVICES_LEARNER_LEDGER_STORY_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/lease.h"
#include "common/record/reason.h"
#include "common/record/ticket.h"
#include "services/learner/ledger/reader.h"

namespace mdrl {

struct StoredStory {
  TicketId ticket;
  Digest set_sha256;
  uint64_t index = 0;
  // DROPPED also if the ticket has another group by now.
  TicketState state = TicketState::kIssued;
  Reason dropped = Reason::kUnspecified;
  std::vector<LeaseKey> attempts;    // granted ones, in order
  std::optional<StoredGroup> group;  // the accepted one
  absl::Time submitted;
  std::vector<std::optional<double>> advantages;  // by completion
  std::optional<uint64_t> round;                  // that consumed it
  std::vector<uint64_t> steps;                    // of that round
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEDGER_STORY_H_
