#include "services/rollout/decode/remasking.h"

#include <algorithm>
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

}  // namespace mdrl
