// One open ticket as it stands at a moment. Plain values; times are ages.
#ifndef MDRL_SERVICES_LEARNER_WORK_TICKET_FACTS_H_
#define MDRL_SERVICES_LEARNER_WORK_TICKET_FACTS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/reason.h"
#include "common/record/rollout_calls.h"
#include "common/record/ticket.h"

namespace mdrl {

struct TicketFacts {
  struct Holder {
    uint32_t slot = 0;
    absl::Duration held_for;
    RenewRequest::Phase phase = RenewRequest::Phase::kUnspecified;
    absl::Duration phase_for;  // since the worker reported it first
    uint64_t progress = 0;
    uint64_t progress_total = 0;              // 0: unknown
    Reason waits_for = Reason::kUnspecified;  // as the worker says
    absl::Duration moved_ago;
    absl::Duration expires_in;
    absl::Duration deadline_in;
  };
  TicketId id;
  GroupId group_id;
  Digest set_sha256;
  uint64_t index = 0;
  std::string task;
  std::string rubric;
  TicketState state = TicketState::kIssued;
  uint32_t attempts = 0;
  bool vacant = false;       // its prompt was taken away and none came instead
  absl::Duration state_for;  // since the last change
  Reason last_end = Reason::kUnspecified;  // of the attempt before, if any
  std::optional<Holder> holder;            // LEASED
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_WORK_TICKET_FACTS_H_
