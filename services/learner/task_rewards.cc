#include "services/learner/task_rewards.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace mdrl {
namespace {

struct TaskSums {
  double sum = 0.0;
  double squares = 0.0;
  uint64_t count = 0;
  std::map<std::string, double> components;
};

}  // namespace

std::map<std::string, TaskReward> RewardsByTask(const RoundGroups& round) {
  std::map<std::string, TaskSums> tasks;
  for (const ScoredGroup& scored : round.groups) {
    TaskSums& sums = tasks[scored.prompt.task];
    for (const Completion& completion : scored.group.completions) {
      if (!completion.score.reward.has_value()) continue;
      const double reward = *completion.score.reward;
      sums.sum += reward;
      sums.squares += reward * reward;
      ++sums.count;
      for (const ScoreComponent& component : completion.score.components) {
        sums.components[component.name] += component.value;
      }
    }
  }
  std::map<std::string, TaskReward> out;
  for (const auto& [task, sums] : tasks) {
    if (sums.count == 0) continue;
    const double count = static_cast<double>(sums.count);
    TaskReward& reward = out[task];
    reward.mean = sums.sum / count;
    reward.stddev = std::sqrt(
        std::max(0.0, sums.squares / count - reward.mean * reward.mean));
    for (const auto& [name, sum] : sums.components) {
      reward.components[name] = sum / count;
    }
  }
  return out;
}

}  // namespace mdrl
