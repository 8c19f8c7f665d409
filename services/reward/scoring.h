// The scoring itself, on plain values: what the door, the command and the loop
// in one process all call.
//
// Functions without state; safe from any thread.
#ifndef MDRL_SERVICES_REWARD_SCORING_H_
#define MDRL_SERVICES_REWARD_SCORING_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "common/record/rollout_calls.h"

namespace mdrl {

inline constexpr size_t kMaxTextsPerRequest = 64;
inline constexpr size_t kMaxScoreRequestBytes = 8u << 20;

// One item per text, in order, with its index. A pure function of the request
// (but for `took`). InvalidArgument: unknown task, rubric or weight; a truth of
// another task; no text or more than 64. ResourceExhausted: more than 8 MiB.
absl::StatusOr<ScoreReply> ScoreTexts(const ScoreRequest& request);

TaskListing ListTasks();

// Scores one prompt of each task with its right answer. Internal if that does
// not earn everything: then this program must not serve.
absl::Status SelfTest();

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_SCORING_H_
