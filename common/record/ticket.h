// Names and states of tickets and prompt sets, as desk and ledger both use
// them. Plain values.
//
//  ISSUED ──grant──▶ LEASED ──submit──▶ SUBMITTED ──first step──▶ IN_ROUND
//     ▲ expired, returned, lost │           │              └─last step─▶
//     TRAINED └────── attempt + 1 ──────┴───────────┴──▶ DROPPED{reason}
//
// A ticket for an evaluation or a generation ends as ANSWERED with its
// submission.
#ifndef MDRL_COMMON_RECORD_TICKET_H_
#define MDRL_COMMON_RECORD_TICKET_H_

#include <compare>
#include <cstdint>
#include <string_view>

#include "common/record/reason.h"

namespace mdrl {

enum class TicketState : uint32_t {
  kIssued = 1,
  kLeased = 2,
  kSubmitted = 3,
  kInRound = 4,
  kTrained = 5,
  kDropped = 6,
  kAnswered = 7,
};
inline bool IsClosed(TicketState state) {
  return state >= TicketState::kTrained;
}
// "ISSUED"; "UNKNOWN" for numbers this build does not know.
constexpr std::string_view TicketStateName(TicketState state) {
  switch (state) {
    case TicketState::kIssued:
      return "ISSUED";
    case TicketState::kLeased:
      return "LEASED";
    case TicketState::kSubmitted:
      return "SUBMITTED";
    case TicketState::kInRound:
      return "IN_ROUND";
    case TicketState::kTrained:
      return "TRAINED";
    case TicketState::kDropped:
      return "DROPPED";
    case TicketState::kAnswered:
      return "ANSWERED";
  }
  return "UNKNOWN";
}

struct TicketId {
  Purpose purpose = Purpose::kTrain;
  uint64_t number = 0;  // training numbers are dense from 0
  friend auto operator<=>(const TicketId&, const TicketId&) = default;
};

// The numbers of mdrl.v1.PromptSet.State.
enum class PromptSetState : uint32_t {
  kActive = 1,
  kPaused = 2,
  kRetired = 3,
  kHeldOut = 4,  // evaluation only
};
// "ACTIVE"; "UNKNOWN" for numbers this build does not know.
constexpr std::string_view PromptSetStateName(PromptSetState state) {
  switch (state) {
    case PromptSetState::kActive:
      return "ACTIVE";
    case PromptSetState::kPaused:
      return "PAUSED";
    case PromptSetState::kRetired:
      return "RETIRED";
    case PromptSetState::kHeldOut:
      return "HELD_OUT";
  }
  return "UNKNOWN";
}

}  // namespace mdrl

#endif  // MDRL_COMMON_RECORD_TICKET_H_
