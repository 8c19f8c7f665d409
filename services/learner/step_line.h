// One line of steps.jsonl: a committed step as flat, stable JSON. Pure.
#ifndef MDRL_SERVICES_LEARNER_STEP_LINE_H_
#define MDRL_SERVICES_LEARNER_STEP_LINE_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/step_stats.h"
#include "services/learner/buffer/group_buffer.h"

namespace mdrl {

struct StepPlace {
  uint64_t step = 0;
  uint64_t round = 0;
  uint32_t inner = 0;
  absl::Time time;
  Digest chain;
};

// Keys: step, round, inner, version (that the round was trained from), time,
// groups, completions, tokens, zero_spread, loss, parts, reward {task: {mean,
// stddev, components}}, elbo, eubo, gap, advantage_abs, advantage_stddev,
// grad_norm, clipped, update_ratio, lr, staleness {versions: groups}, seconds,
// chain.
std::string StepLine(const StepPlace& place, const StepStats& stats,
                     const RoundGroups& round);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_STEP_LINE_H_
