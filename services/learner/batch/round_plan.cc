#include "services/learner/batch/round_plan.h"

#include "common/base/log.h"

namespace mdrl {

RoundPlan::RoundPlan(size_t groups, int iterations, int minibatches)
    : groups_(groups), iterations_(iterations), minibatches_(minibatches) {
  MDRL_CHECK(iterations > 0 && minibatches > 0) << "a round without steps";
}

RoundPlan::Range RoundPlan::GroupsOf(int k) const {
  MDRL_CHECK(k >= 0 && k < steps()) << "step " << k << " of " << steps();
  const size_t m = static_cast<size_t>(k % minibatches_);
  const size_t parts = static_cast<size_t>(minibatches_);
  return {m * groups_ / parts, (m + 1) * groups_ / parts};
}

}  // namespace mdrl
