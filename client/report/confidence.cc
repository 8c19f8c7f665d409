#include "client/report/confidence.h"

#include <algorithm>
#include <cmath>

namespace mdrl {
namespace {

constexpr double kZ = 1.959963984540054;  // of 95 %

}  // namespace

Interval WilsonInterval(uint64_t hits, uint64_t n) {
  if (n == 0) return {};
  const double trials = static_cast<double>(n);
  const double share = static_cast<double>(hits) / trials;
  const double scale = 1.0 + kZ * kZ / trials;
  const double centre = (share + kZ * kZ / (2.0 * trials)) / scale;
  const double half = kZ / scale *
                      std::sqrt(share * (1.0 - share) / trials +
                                kZ * kZ / (4.0 * trials * trials));
  // At the ends the two terms are equal but for rounding.
  return {hits == 0 ? 0.0 : std::max(centre - half, 0.0),
          hits == n ? 1.0 : std::min(centre + half, 1.0)};
}

double MeanHalfWidth(double stddev, uint64_t n) {
  return n == 0 ? 0.0 : kZ * stddev / std::sqrt(static_cast<double>(n));
}

}  // namespace mdrl
