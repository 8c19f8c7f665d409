#include "common/metrics/metric.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"

namespace mdrl {

void Counter::Increment(double by) {
  MDRL_CHECK(by >= 0.0) << "a counter cannot fall by " << by;
  value_.fetch_add(by, std::memory_order_relaxed);
}

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)),
      counts_(std::make_unique<std::atomic<uint64_t>[]>(bounds_.size() + 1)) {
  MDRL_CHECK(std::is_sorted(bounds_.begin(), bounds_.end()))
      << "bounds that do not rise";
}

void Histogram::Observe(double value, uint64_t times) {
  MDRL_CHECK(value >= 0.0) << "a histogram cannot take " << value;
  // The first bound that is not below the value: bounds are inclusive.
  const size_t bucket = static_cast<size_t>(
      std::lower_bound(bounds_.begin(), bounds_.end(), value) -
      bounds_.begin());
  counts_[bucket].fetch_add(times, std::memory_order_relaxed);
  sum_.fetch_add(value * static_cast<double>(times), std::memory_order_relaxed);
}

void Histogram::Observe(absl::Duration time) {
  Observe(std::max(0.0, absl::ToDoubleSeconds(time)), 1);
}

std::vector<uint64_t> Histogram::counts() const {
  std::vector<uint64_t> counts(bounds_.size() + 1);
  for (size_t i = 0; i < counts.size(); ++i) {
    counts[i] = counts_[i].load(std::memory_order_relaxed);
  }
  return counts;
}

}  // namespace mdrl
