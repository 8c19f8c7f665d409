// Record and wire number their enumerations alike, so that a cast translates;
// this file does not compile if they do not. It holds no code.
#include "common/record/rollout_calls.h"
#include "mdrl/v1/rollout.pb.h"
#include "mdrl/v1/types.pb.h"
#include "mdrl/v1/weights.pb.h"

namespace mdrl {
namespace {

template <typename Record, typename Wire>
constexpr bool Same(Record record, Wire wire) {
  return static_cast<int>(record) == static_cast<int>(wire);
}

static_assert(Same(Purpose::kUnspecified, v1::PURPOSE_UNSPECIFIED));
static_assert(Same(Purpose::kTrain, v1::PURPOSE_TRAIN));
static_assert(Same(Purpose::kEvaluate, v1::PURPOSE_EVALUATE));
static_assert(Same(Purpose::kGenerate, v1::PURPOSE_GENERATE));

static_assert(Same(Reason::kUnspecified, v1::REASON_UNSPECIFIED));
static_assert(Same(Reason::kNoPrompts, v1::REASON_NO_PROMPTS));
static_assert(Same(Reason::kPaused, v1::REASON_PAUSED));
static_assert(Same(Reason::kDraining, v1::REASON_DRAINING));
static_assert(Same(Reason::kFinished, v1::REASON_FINISHED));
static_assert(Same(Reason::kTicketsSpent, v1::REASON_TICKETS_SPENT));
static_assert(Same(Reason::kNoWorker, v1::REASON_NO_WORKER));
static_assert(Same(Reason::kWorkerWarming, v1::REASON_WORKER_WARMING));
static_assert(Same(Reason::kWorkerRefused, v1::REASON_WORKER_REFUSED));
static_assert(Same(Reason::kWorkerLost, v1::REASON_WORKER_LOST));
static_assert(Same(Reason::kPolicyFetch, v1::REASON_POLICY_FETCH));
static_assert(Same(Reason::kPolicyRefused, v1::REASON_POLICY_REFUSED));
static_assert(Same(Reason::kDecoding, v1::REASON_DECODING));
static_assert(Same(Reason::kGroupStraggles, v1::REASON_GROUP_STRAGGLES));
static_assert(Same(Reason::kLeaseExpired, v1::REASON_LEASE_EXPIRED));
static_assert(Same(Reason::kLeaseUndelivered, v1::REASON_LEASE_UNDELIVERED));
static_assert(Same(Reason::kSuperseded, v1::REASON_SUPERSEDED));
static_assert(Same(Reason::kLate, v1::REASON_LATE));
static_assert(Same(Reason::kCancelled, v1::REASON_CANCELLED));
static_assert(Same(Reason::kScorerSlow, v1::REASON_SCORER_SLOW));
static_assert(Same(Reason::kScorerError, v1::REASON_SCORER_ERROR));
static_assert(Same(Reason::kScorerMissing, v1::REASON_SCORER_MISSING));
static_assert(Same(Reason::kPromptPoison, v1::REASON_PROMPT_POISON));
static_assert(Same(Reason::kPromptOverLength, v1::REASON_PROMPT_OVER_LENGTH));
static_assert(Same(Reason::kRolledBack, v1::REASON_ROLLED_BACK));
static_assert(Same(Reason::kStepRunning, v1::REASON_STEP_RUNNING));
static_assert(Same(Reason::kStepStuck, v1::REASON_STEP_STUCK));
static_assert(Same(Reason::kStepNonfinite, v1::REASON_STEP_NONFINITE));
static_assert(Same(Reason::kCollectiveStuck, v1::REASON_COLLECTIVE_STUCK));
static_assert(Same(Reason::kLedgerSlow, v1::REASON_LEDGER_SLOW));
static_assert(Same(Reason::kDiskFull, v1::REASON_DISK_FULL));
static_assert(Same(Reason::kReplaying, v1::REASON_REPLAYING));
static_assert(Same(Reason::kCheckpointing, v1::REASON_CHECKPOINTING));
static_assert(Same(Reason::kOutOfMemory, v1::REASON_OUT_OF_MEMORY));
static_assert(Same(Reason::kNoProgress, v1::REASON_NO_PROGRESS));
static_assert(Same(Reason::kInternal, v1::REASON_INTERNAL));

static_assert(Same(Reveal::kUnspecified,
                   v1::DecodeSettings::REVEAL_UNSPECIFIED));
static_assert(Same(Reveal::kLowConfidence, v1::DecodeSettings::LOW_CONFIDENCE));
static_assert(Same(Reveal::kRandom, v1::DecodeSettings::RANDOM));
static_assert(Same(Reveal::kThreshold, v1::DecodeSettings::THRESHOLD));

static_assert(Same(DecodeCache::kUnspecified,
                   v1::DecodeSettings::CACHE_UNSPECIFIED));
static_assert(Same(DecodeCache::kNone, v1::DecodeSettings::NONE));
static_assert(Same(DecodeCache::kPrefix, v1::DecodeSettings::PREFIX));
static_assert(Same(DecodeCache::kDual, v1::DecodeSettings::DUAL));
static_assert(Same(DecodeCache::kBlockCausal,
                   v1::DecodeSettings::BLOCK_CAUSAL));

static_assert(Same(SwapAt::kUnspecified,
                   v1::DecodeSettings::SWAP_AT_UNSPECIFIED));
static_assert(Same(SwapAt::kGroup, v1::DecodeSettings::GROUP));
static_assert(Same(SwapAt::kBlock, v1::DecodeSettings::BLOCK));
static_assert(Same(SwapAt::kStep, v1::DecodeSettings::STEP));

static_assert(Same(Outcome::kUnspecified, v1::Score::OUTCOME_UNSPECIFIED));
static_assert(Same(Outcome::kScored, v1::Score::SCORED));
static_assert(Same(Outcome::kUnparsable, v1::Score::UNPARSABLE));
static_assert(Same(Outcome::kProgramTimeout, v1::Score::PROGRAM_TIMEOUT));
static_assert(Same(Outcome::kProgramMemory, v1::Score::PROGRAM_MEMORY));
static_assert(Same(Outcome::kProgramCrash, v1::Score::PROGRAM_CRASH));
static_assert(Same(Outcome::kServiceError, v1::Score::SERVICE_ERROR));

static_assert(Same(Encoding::kUnspecified, v1::Manifest::ENCODING_UNSPECIFIED));
static_assert(Same(Encoding::kAdapter, v1::Manifest::ADAPTER));
static_assert(Same(Encoding::kFull, v1::Manifest::FULL));

static_assert(Same(Cause::kUnspecified, v1::Manifest::CAUSE_UNSPECIFIED));
static_assert(Same(Cause::kInitial, v1::Manifest::INITIAL));
static_assert(Same(Cause::kRound, v1::Manifest::ROUND));
static_assert(Same(Cause::kRollback, v1::Manifest::ROLLBACK));

static_assert(Same(PolicyEvent::Kind::kUnspecified,
                   v1::PolicyEvent::KIND_UNSPECIFIED));
static_assert(Same(PolicyEvent::Kind::kPublished, v1::PolicyEvent::PUBLISHED));
static_assert(Same(PolicyEvent::Kind::kRetired, v1::PolicyEvent::RETIRED));

static_assert(Same(RenewRequest::Worker::kUnspecified,
                   v1::RenewRequest::WORKER_UNSPECIFIED));
static_assert(Same(RenewRequest::Worker::kWarming, v1::RenewRequest::WARMING));
static_assert(Same(RenewRequest::Worker::kReady, v1::RenewRequest::READY));
static_assert(Same(RenewRequest::Worker::kDraining,
                   v1::RenewRequest::DRAINING));

static_assert(Same(RenewRequest::Phase::kUnspecified,
                   v1::RenewRequest::PHASE_UNSPECIFIED));
static_assert(Same(RenewRequest::Phase::kQueued, v1::RenewRequest::QUEUED));
static_assert(Same(RenewRequest::Phase::kAwaitingPolicy,
                   v1::RenewRequest::AWAITING_POLICY));
static_assert(Same(RenewRequest::Phase::kDecoding, v1::RenewRequest::DECODING));
static_assert(Same(RenewRequest::Phase::kScoring, v1::RenewRequest::SCORING));
static_assert(Same(RenewRequest::Phase::kSubmitting,
                   v1::RenewRequest::SUBMITTING));

static_assert(Same(RenewRequest::Stage::kUnspecified,
                   v1::RenewRequest::STAGE_UNSPECIFIED));
static_assert(Same(RenewRequest::Stage::kFetching, v1::RenewRequest::FETCHING));
static_assert(Same(RenewRequest::Stage::kVerified, v1::RenewRequest::VERIFIED));
static_assert(Same(RenewRequest::Stage::kStaged, v1::RenewRequest::STAGED));
static_assert(Same(RenewRequest::Stage::kUsable, v1::RenewRequest::USABLE));
static_assert(Same(RenewRequest::Stage::kActive, v1::RenewRequest::ACTIVE));
static_assert(Same(RenewRequest::Stage::kFailed, v1::RenewRequest::FAILED));

static_assert(Same(SubmitGroupReply::Outcome::kUnspecified,
                   v1::SubmitGroupResponse::OUTCOME_UNSPECIFIED));
static_assert(Same(SubmitGroupReply::Outcome::kAccepted,
                   v1::SubmitGroupResponse::ACCEPTED));
static_assert(Same(SubmitGroupReply::Outcome::kDuplicate,
                   v1::SubmitGroupResponse::DUPLICATE));
static_assert(Same(SubmitGroupReply::Outcome::kSuperseded,
                   v1::SubmitGroupResponse::SUPERSEDED));
static_assert(Same(SubmitGroupReply::Outcome::kLate,
                   v1::SubmitGroupResponse::LATE));
static_assert(Same(SubmitGroupReply::Outcome::kCancelled,
                   v1::SubmitGroupResponse::CANCELLED));

// A value that the record does not know shows as a larger count.
static_assert(v1::Purpose_ARRAYSIZE == 4);
static_assert(v1::Reason_ARRAYSIZE == 36);
static_assert(v1::Score::Outcome_ARRAYSIZE == 7);
static_assert(v1::DecodeSettings::Reveal_ARRAYSIZE == 4);
static_assert(v1::DecodeSettings::Cache_ARRAYSIZE == 5);
static_assert(v1::DecodeSettings::SwapAt_ARRAYSIZE == 4);
static_assert(v1::Manifest::Encoding_ARRAYSIZE == 3);
static_assert(v1::Manifest::Cause_ARRAYSIZE == 4);
static_assert(v1::PolicyEvent::Kind_ARRAYSIZE == 3);
static_assert(v1::RenewRequest::Worker_ARRAYSIZE == 4);
static_assert(v1::RenewRequest::Phase_ARRAYSIZE == 6);
static_assert(v1::RenewRequest::Stage_ARRAYSIZE == 7);
static_assert(v1::SubmitGroupResponse::Outcome_ARRAYSIZE == 6);

}  // namespace
}  // namespace mdrl
