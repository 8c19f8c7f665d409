#include "services/learner/update/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "common/base/log.h"

namespace mdrl {

double LearningRate::At(int64_t step) const {
  const double warm = warmup_steps > 0
                          ? std::min(1.0, static_cast<double>(step + 1) /
                                              static_cast<double>(warmup_steps))
                          : 1.0;
  if (decay == Decay::kConstant) return peak * warm;
  MDRL_CHECK(total_steps > 0) << "a decay needs to know where it ends";
  const double done = std::min(
      1.0, static_cast<double>(step) / static_cast<double>(total_steps));
  const double left = decay == Decay::kLinear
                          ? 1.0 - done
                          : 0.5 + 0.5 * std::cos(std::numbers::pi * done);
  return peak * warm * left;
}

int64_t WarmupSteps(double ratio, int64_t total_steps) {
  return static_cast<int64_t>(
      std::ceil(ratio * static_cast<double>(total_steps)));
}

}  // namespace mdrl
