// Why something waits, failed or ended; outcomes of calls; purposes of leases.
// One list for replies, events, Explain and metric labels.
//
// The numbers are those of proto/mdrl/v1/types.proto; common/wire checks that.
#ifndef MDRL_COMMON_RECORD_REASON_H_
#define MDRL_COMMON_RECORD_REASON_H_

#include <cstdint>
#include <string_view>

namespace mdrl {

enum class Purpose : uint32_t {
  kUnspecified = 0,
  kTrain = 1,
  kEvaluate = 2,
  kGenerate = 3,
};

enum class Reason : uint32_t {
  kUnspecified = 0,
  kNoPrompts = 1,
  kPaused = 2,
  kDraining = 3,
  kFinished = 4,
  kTicketsSpent = 5,
  kNoWorker = 6,
  kWorkerWarming = 7,
  kWorkerRefused = 8,
  kWorkerLost = 9,
  kPolicyFetch = 10,
  kPolicyRefused = 11,
  kDecoding = 12,
  kGroupStraggles = 13,
  kLeaseExpired = 14,
  kLeaseUndelivered = 15,
  kSuperseded = 16,
  kLate = 17,
  kCancelled = 18,
  kScorerSlow = 19,
  kScorerError = 20,
  kScorerMissing = 21,
  kPromptPoison = 22,
  kPromptOverLength = 23,
  kRolledBack = 24,
  kStepRunning = 25,
  kStepStuck = 26,
  kStepNonfinite = 27,
  kCollectiveStuck = 28,
  kLedgerSlow = 29,
  kDiskFull = 30,
  kReplaying = 31,
  kCheckpointing = 32,
  kOutOfMemory = 33,
  kNoProgress = 34,
  kInternal = 35,
};

// "NO_PROMPTS"; "REASON_UNSPECIFIED" for 0 and for numbers this build does not
// know.
std::string_view ReasonName(Reason reason);

}  // namespace mdrl

#endif  // MDRL_COMMON_RECORD_REASON_H_
