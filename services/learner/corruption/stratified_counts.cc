#include "services/learner/corruption/stratified_counts.h"

#include <cmath>

#include "common/base/log.h"

namespace mdrl {

std::vector<int> StratifiedCounts(int offset, int cycle, int parts) {
  MDRL_CHECK(parts > 0);
  const float first = static_cast<float>(offset);
  const float last = static_cast<float>(
      offset + static_cast<double>(parts - 1) * cycle / parts);
  const float step = parts > 1 ? (last - first) / (parts - 1) : 0.0f;
  std::vector<int> counts(parts);
  for (int i = 0; i < parts; ++i) {
    // From the nearer end, as torch.linspace does.
    const float at = i < parts / 2 || parts == 1
                         ? first + step * i
                         : last - step * (parts - 1 - i);
    counts[i] = static_cast<int>(std::nearbyint(at));
  }
  return counts;
}

}  // namespace mdrl
