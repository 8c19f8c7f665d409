// The scoring itself, on plain values: what the door, the command and the loop
// in one process all call.
//
// Functions without state; safe from any thread.
#ifndef MDRL_SERVICES_REWARD_SCORING_H_
#define MDRL_SERVICES_REWARD_SCORING_H_

#include <cstddef>
#include <functional>

#include "absl/status/statusor.h"
#include "common/record/rollout_calls.h"
#include "services/reward/sandbox/sandbox.h"

namespace mdrl {

inline constexpr size_t kMaxTextsPerRequest = 64;
inline constexpr size_t kMaxScoreRequestBytes = 8u << 20;

// One item per text, in order, with its index. A pure function of the request
// (but for `took`). InvalidArgument: unknown task, rubric or weight; a truth of
// another task; no text or more than 64. ResourceExhausted: more than 8 MiB.
// FailedPrecondition: the task runs programs.
absl::StatusOr<ScoreReply> ScoreTexts(const ScoreRequest& request);

// The tasks that run no programs.
TaskListing ListTasks();

// What runs programs, for the calls that allow it. `sandbox` is not owned;
// null: there is none, and its tasks are refused.
struct ProgramRuns {
  const Sandbox* sandbox = nullptr;
  size_t side_by_side = 6;  // of one request
  // Told of each run's end, from any thread; may be null.
  std::function<void(const ProgramResult& result)> watch = {};
};
// The same with the tasks that run programs; the reply and the listing name the
// sandbox, "none" without one. A run that infrastructure failed is an item with
// SERVICE_ERROR.
absl::StatusOr<ScoreReply> ScoreTextsWith(const ProgramRuns& runs,
                                          const ScoreRequest& request);
TaskListing ListTasksWith(const ProgramRuns& runs);

// Scores one prompt of each task with its right answer. Internal if that does
// not earn everything: then this program must not serve.
absl::Status SelfTest();

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_SCORING_H_
