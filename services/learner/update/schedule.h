// The learning rate of a step: a warm-up, then a decay. Pure.
#ifndef MDRL_SERVICES_LEARNER_UPDATE_SCHEDULE_H_
#define MDRL_SERVICES_LEARNER_UPDATE_SCHEDULE_H_

#include <cstdint>

namespace mdrl {

enum class Decay { kConstant, kLinear, kCosine };

// Step i = 0, 1, ... has peak * min(1, (i + 1) / warmup_steps) * decay(i),
// decay(i) = 1, 1 - i/total, or (1 + cos(pi i / total)) / 2.
//
// The first step thus has a rate above 0. TRL's warm-up has i / warmup_steps
// instead: published runs with a warm-up of one step (ratio 1e-4 of 6000
// updates) spend their first update at rate 0, and are one step ahead of ours
// from then on.
struct LearningRate {
  double peak = 0.0;
  int64_t warmup_steps = 0;  // 0 and 1: none
  Decay decay = Decay::kConstant;
  int64_t total_steps = 0;  // kLinear, kCosine: where the rate reaches 0

  // REQUIRES: total_steps > 0 unless the decay is constant.
  double At(int64_t step) const;
};

// The steps of a warm-up given as a share of a run: rounded up, as TRL does.
int64_t WarmupSteps(double ratio, int64_t total_steps);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_UPDATE_SCHEDULE_H_
