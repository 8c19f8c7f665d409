// Which groups of a round go into which of its steps. Pure.
#ifndef MDRL_SERVICES_LEARNER_BATCH_ROUND_PLAN_H_
#define MDRL_SERVICES_LEARNER_BATCH_ROUND_PLAN_H_

#include <cstddef>

namespace mdrl {

// A round of mu = iterations x minibatches steps: each iteration passes once
// over the round's groups, split into minibatches of neighbours whose sizes
// differ by at most one.
class RoundPlan {
 public:
  struct Range {
    size_t first = 0;
    size_t last = 0;  // one past the end
    friend bool operator==(const Range&, const Range&) = default;
  };

  // REQUIRES: iterations, minibatches > 0.
  RoundPlan(size_t groups, int iterations, int minibatches);

  int steps() const { return iterations_ * minibatches_; }
  // Groups of step k, as a range of the round's. Empty where there are fewer
  // groups than minibatches. REQUIRES: 0 <= k < steps().
  Range GroupsOf(int k) const;

 private:
  size_t groups_;
  int iterations_;
  int minibatches_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_BATCH_ROUND_PLAN_H_
