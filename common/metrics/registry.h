// The metrics of one process: makes series as the table declares them, and
// reads them all for a scrape.
//
//   Registry registry({.max_series = 3000});
//   Counter& steps = registry.AddCounter("mdrl_learner_steps_total");
//   Counters& issued = registry.AddCounters("mdrl_tickets_issued_total",
//                                           {{"task", {"sudoku4", "sort"}}});
//   steps.Increment();
//   issued.At({"sort"}).Increment();
//
// Every series of a closed label set exists from the start with 0, so that
// increase() sees the first event. No singletons: structs of references to
// series are handed to the classes that count. Thread-safe; series live as
// long as the registry.
#ifndef MDRL_COMMON_METRICS_REGISTRY_H_
#define MDRL_COMMON_METRICS_REGISTRY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/metrics/metric.h"
#include "common/metrics/table.h"
#include "common/sync/mutex.h"

namespace mdrl {

// What a scrape reads of one series.
struct SeriesSample {
  std::vector<std::string> labels;  // values, in the table's order
  double value = 0.0;               // of a counter or gauge
  std::vector<uint64_t> counts;     // of a histogram, by bucket
  double sum = 0.0;
};
struct MetricSamples {
  const MetricSpec* spec = nullptr;
  std::vector<SeriesSample> series;
};

// Values of the labels whose set the configuration or the build closes.
using LabelSets =
    std::vector<std::pair<std::string_view, std::vector<std::string>>>;

// How many lines a process may serve in all.
class SeriesBudget {
 public:
  explicit SeriesBudget(size_t limit) : limit_(limit) {}
  // Takes room for `lines`; false if there is not that much.
  bool TryTake(size_t lines);
  // Takes it in any case.
  void Take(size_t lines) { taken_.fetch_add(lines); }
  void GiveBack(size_t lines) { taken_.fetch_sub(lines); }
  size_t taken() const { return taken_.load(); }
  size_t limit() const { return limit_; }

 private:
  const size_t limit_;
  std::atomic<size_t> taken_{0};
};

class MetricBase {
 public:
  virtual ~MetricBase() = default;
  virtual MetricSamples Collect() const = 0;
};

// All series of one metric.
template <typename Series>
class Labelled final : public MetricBase {
 public:
  Labelled(const MetricSpec& spec, const LabelSets& sets, SeriesBudget& budget);

  // The series with these values, in the table's order. A value that a set of
  // the configuration does not have makes a new series while the budget has
  // room; after that it is counted where nobody reads, and said once in the
  // log. REQUIRES: of a set that the code closes, one of its values.
  Series& At(std::initializer_list<std::string_view> values)
      MDRL_EXCLUDES(mutex_);
  // Takes away what describes something that is gone. REQUIRES: nobody holds
  // the series.
  void Remove(std::initializer_list<std::string_view> values)
      MDRL_EXCLUDES(mutex_) requires std::is_same_v<Series, Gauge>;

  MetricSamples Collect() const override MDRL_EXCLUDES(mutex_);

 private:
  using Key = std::vector<std::string>;
  static std::unique_ptr<Series> Make(const MetricSpec& spec);
  static size_t Lines(const MetricSpec& spec);

  const MetricSpec& spec_;
  SeriesBudget& budget_;
  mutable Mutex mutex_;
  std::map<Key, std::unique_ptr<Series>> series_ MDRL_GUARDED_BY(mutex_);
  const std::unique_ptr<Series> beyond_;  // of values without room
  bool told_ MDRL_GUARDED_BY(mutex_) = false;
};

using Counters = Labelled<Counter>;
using Gauges = Labelled<Gauge>;
using Histograms = Labelled<Histogram>;

class Registry {
 public:
  struct Options {
    size_t max_series = 3000;  // metrics.max_series
  };
  Registry() : Registry(Options{}) {}
  explicit Registry(Options options) : budget_(options.max_series) {}
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // REQUIRES, of all: the table has `name` with this type and these labels,
  // `sets` closes those that the table leaves open, and nobody added it yet.
  Counter& AddCounter(std::string_view name);
  Gauge& AddGauge(std::string_view name);
  Histogram& AddHistogram(std::string_view name);
  Counters& AddCounters(std::string_view name, const LabelSets& sets = {});
  Gauges& AddGauges(std::string_view name, const LabelSets& sets = {});
  Histograms& AddHistograms(std::string_view name, const LabelSets& sets = {});

  // Called before each Collect(), one at a time: for gauges that are read from
  // elsewhere. What it touches outlives the last Collect().
  void BeforeCollect(std::function<void()> refresh) MDRL_EXCLUDES(mutex_);

  // Everything, in the table's order.
  std::vector<MetricSamples> Collect() MDRL_EXCLUDES(mutex_);

  // Lines that a scrape brings now.
  size_t series() const { return budget_.taken(); }
  // InvalidArgument CONFIGURATION: the closed sets alone are more than
  // max_series. To be asked once all is wired.
  absl::Status CheckRoom() const;

 private:
  template <typename Series>
  Labelled<Series>& Add(std::string_view name, MetricType type,
                        const LabelSets& sets) MDRL_EXCLUDES(mutex_);

  SeriesBudget budget_;
  mutable Mutex mutex_;
  // By place in the table.
  std::map<const MetricSpec*, std::unique_ptr<MetricBase>> metrics_
      MDRL_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> refreshes_ MDRL_GUARDED_BY(mutex_);
  Mutex collect_mutex_;  // one scrape at a time
};

}  // namespace mdrl

#endif  // MDRL_COMMON_METRICS_REGISTRY_H_
