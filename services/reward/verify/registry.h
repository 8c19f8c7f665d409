// Every task this service can score: a literal table. Safe from any thread.
#ifndef MDRL_SERVICES_REWARD_VERIFY_REGISTRY_H_
#define MDRL_SERVICES_REWARD_VERIFY_REGISTRY_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/reward/verify/verifier.h"

namespace mdrl {

// Sorted by name. The entries live as long as the program.
std::vector<const TaskEntry*> AllTasks();

// InvalidArgument names the tasks, or the task's rubrics, that there are.
absl::StatusOr<const TaskEntry*> FindTask(std::string_view task);
absl::StatusOr<const RubricEntry*> FindRubric(const TaskEntry& task,
                                              std::string_view rubric);

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_REGISTRY_H_
