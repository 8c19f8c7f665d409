#include "services/rollout/decode/remasking.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace mdrl {

std::vector<int32_t> MostConfident(std::span<const float> confidence,
                                   uint32_t count) {
  std::vector<int32_t> order(confidence.size());
  std::iota(order.begin(), order.end(), 0);
  if (count < order.size()) {
    std::partial_sort(order.begin(), order.begin() + count, order.end(),
                      [&confidence](int32_t a, int32_t b) {
                        return confidence[a] != confidence[b]
                                   ? confidence[a] > confidence[b]
                                   : a < b;
                      });
    order.resize(count);
    std::sort(order.begin(), order.end());
  }
  return order;
}

std::vector<int32_t> AtLeast(std::span<const float> confidence,
                             float threshold) {
  const auto best = std::max_element(confidence.begin(), confidence.end()) -
                    confidence.begin();
  std::vector<int32_t> kept;
  for (size_t i = 0; i < confidence.size(); ++i) {
    if (static_cast<ptrdiff_t>(i) == best || confidence[i] >= threshold) {
      kept.push_back(static_cast<int32_t>(i));
    }
  }
  return kept;
}

}  // namespace mdrl
