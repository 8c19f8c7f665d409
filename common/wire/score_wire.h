// Scores, requests for them and the reward service's tasks <-> mdrl.v1. Pure
// functions; errors as in fields.h.
#ifndef MDRL_COMMON_WIRE_SCORE_WIRE_H_
#define MDRL_COMMON_WIRE_SCORE_WIRE_H_

#include "absl/status/statusor.h"
#include "common/record/group.h"
#include "common/record/rollout_calls.h"
#include "mdrl/v1/reward.pb.h"
#include "mdrl/v1/types.pb.h"

namespace mdrl {

v1::Score ToProto(const Score& score);
// Holds the invariant: a reward is absent iff the outcome is SERVICE_ERROR.
absl::StatusOr<Score> FromProto(const v1::Score& wire);

v1::ScoreRequest ToProto(const ScoreRequest& request);
// At most kMaxScoreTexts texts, each index once.
absl::StatusOr<ScoreRequest> FromProto(const v1::ScoreRequest& wire);

v1::ScoreResponse ToProto(const ScoreReply& reply);
absl::StatusOr<ScoreReply> FromProto(const v1::ScoreResponse& wire);

v1::ListTasksResponse ToProto(const TaskListing& listing);
absl::StatusOr<TaskListing> FromProto(const v1::ListTasksResponse& wire);

}  // namespace mdrl

#endif  // MDRL_COMMON_WIRE_SCORE_WIRE_H_
