// One series of a metric: a counter, a gauge or a histogram.
//
// Thread-safe and lock-free: a scrape reads while everybody writes. A series
// belongs to its Registry, which outlives whoever counts.
//
//   metrics.steps.Increment();
//   metrics.loss.Set(stats.loss);
//   metrics.seconds.Observe(0.12);
#ifndef MDRL_COMMON_METRICS_METRIC_H_
#define MDRL_COMMON_METRICS_METRIC_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"

namespace mdrl {

// Only rises, so that rate() is right over any window.
class Counter {
 public:
  // REQUIRES: by >= 0: a falling counter reads as a restart.
  void Increment(double by = 1.0);
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0.0};
};

// A state, or a signed number of the last step.
class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double by) { value_.fetch_add(by, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0.0};
};

// How often values fell below fixed bounds.
class Histogram {
 public:
  // REQUIRES: `bounds` rise; each is the largest value of its bucket.
  explicit Histogram(std::vector<double> bounds);

  // REQUIRES: value >= 0: the sum is read as a counter.
  void Observe(double value) { Observe(value, 1); }
  // The same value `times` times.
  void Observe(double value, uint64_t times);
  // In seconds; a time that a clock set back has made negative counts as none.
  void Observe(absl::Duration time);

  const std::vector<double>& bounds() const { return bounds_; }
  // Per bucket, not summed up; one more than there are bounds.
  std::vector<uint64_t> counts() const;
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<double> bounds_;
  const std::unique_ptr<std::atomic<uint64_t>[]> counts_;
  std::atomic<double> sum_{0.0};
};

}  // namespace mdrl

#endif  // MDRL_COMMON_METRICS_METRIC_H_
