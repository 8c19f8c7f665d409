#include "common/record/reason.h"

#include <array>

namespace mdrl {

std::string_view ReasonName(Reason reason) {
  static constexpr std::array<std::string_view, 36> kNames = {
      "REASON_UNSPECIFIED", "NO_PROMPTS",       "PAUSED",
      "DRAINING",           "FINISHED",         "TICKETS_SPENT",
      "NO_WORKER",          "WORKER_WARMING",   "WORKER_REFUSED",
      "WORKER_LOST",        "POLICY_FETCH",     "POLICY_REFUSED",
      "DECODING",           "GROUP_STRAGGLES",  "LEASE_EXPIRED",
      "LEASE_UNDELIVERED",  "SUPERSEDED",       "LATE",
      "CANCELLED",          "SCORER_SLOW",      "SCORER_ERROR",
      "SCORER_MISSING",     "PROMPT_POISON",    "PROMPT_OVER_LENGTH",
      "ROLLED_BACK",        "STEP_RUNNING",     "STEP_STUCK",
      "STEP_NONFINITE",     "COLLECTIVE_STUCK", "LEDGER_SLOW",
      "DISK_FULL",          "REPLAYING",        "CHECKPOINTING",
      "OUT_OF_MEMORY",      "NO_PROGRESS",      "INTERNAL"};
  const auto number = static_cast<uint32_t>(reason);
  return number < kNames.size() ? kNames[number] : kNames[0];
}

}  // namespace mdrl
