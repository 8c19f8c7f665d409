// Whether the reward services that a run names score what it asks for.
#ifndef MDRL_CLIENT_LAUNCH_TASK_CHECK_H_
#define MDRL_CLIENT_LAUNCH_TASK_CHECK_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/record/rollout_calls.h"
#include "mdrl/config/v1/run.pb.h"

namespace mdrl {

// InvalidArgument CONFIGURATION names the first task, rubric or weight of
// `run.tasks` that `listing` lacks, and what it has. A task of the listing
// without rubrics takes any. Pure.
absl::Status CheckTasks(const config::v1::Run& run, const TaskListing& listing,
                        const std::string& address);

// Asks each of `addresses`, if there is a task at all. Unavailable
// PEER_UNREACHABLE: one does not answer within ten seconds.
absl::Status CheckRewardServices(const config::v1::Run& run,
                                 const std::vector<std::string>& addresses);

}  // namespace mdrl

#endif  // MDRL_CLIENT_LAUNCH_TASK_CHECK_H_
