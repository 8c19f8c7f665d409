// The rewards of a round by task: what the step log and the metrics both tell.
#ifndef MDRL_SERVICES_LEARNER_TASK_REWARDS_H_
#define MDRL_SERVICES_LEARNER_TASK_REWARDS_H_

#include <map>
#include <string>

#include "services/learner/buffer/group_buffer.h"

namespace mdrl {

struct TaskReward {
  double mean = 0.0;
  double stddev = 0.0;                       // of the completions
  std::map<std::string, double> components;  // their means, by name
};

// Over the completions that have a reward; a task without any is left out.
std::map<std::string, TaskReward> RewardsByTask(const RoundGroups& round);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_TASK_REWARDS_H_
