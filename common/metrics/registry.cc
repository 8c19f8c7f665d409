#include "common/metrics/registry.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/log.h"

namespace mdrl {
namespace {

// The values of a label: the table's, or those that `sets` names.
std::vector<std::string> ValuesOf(const LabelSpec& label,
                                  const LabelSets& sets) {
  const auto given = std::find_if(
      sets.begin(), sets.end(),
      [&label](const auto& set) { return set.first == label.name; });
  if (!label.values.empty()) {
    MDRL_CHECK(given == sets.end()) << "the code closes label " << label.name;
    return {label.values.begin(), label.values.end()};
  }
  // Without values yet: series come with the first use.
  return given == sets.end() ? std::vector<std::string>{} : given->second;
}

// Every combination of the labels' values.
std::vector<std::vector<std::string>> Combinations(const MetricSpec& spec,
                                                   const LabelSets& sets) {
  std::vector<std::vector<std::string>> all = {{}};
  for (const LabelSpec& label : spec.labels) {
    std::vector<std::vector<std::string>> longer;
    for (const std::vector<std::string>& some : all) {
      for (const std::string& value : ValuesOf(label, sets)) {
        longer.push_back(some);
        longer.back().push_back(value);
      }
    }
    all = std::move(longer);
  }
  return all;
}

void Read(const Counter& counter, SeriesSample& sample) {
  sample.value = counter.value();
}
void Read(const Gauge& gauge, SeriesSample& sample) {
  sample.value = gauge.value();
}
void Read(const Histogram& histogram, SeriesSample& sample) {
  sample.counts = histogram.counts();
  sample.sum = histogram.sum();
}

}  // namespace

bool SeriesBudget::TryTake(size_t lines) {
  size_t taken = taken_.load();
  do {
    if (taken + lines > limit_) return false;
  } while (!taken_.compare_exchange_weak(taken, taken + lines));
  return true;
}

template <typename Series>
std::unique_ptr<Series> Labelled<Series>::Make(const MetricSpec& spec) {
  if constexpr (std::is_same_v<Series, Histogram>) {
    return std::make_unique<Histogram>(BoundsOf(spec.range));
  } else {
    (void)spec;
    return std::make_unique<Series>();
  }
}

template <typename Series>
size_t Labelled<Series>::Lines(const MetricSpec& spec) {
  // A histogram's buckets, the one without end, the sum and the count.
  return spec.type == MetricType::kHistogram ? BoundsOf(spec.range).size() + 3
                                             : 1;
}

template <typename Series>
Labelled<Series>::Labelled(const MetricSpec& spec, const LabelSets& sets,
                           SeriesBudget& budget)
    : spec_(spec), budget_(budget), beyond_(Make(spec)) {
  for (std::vector<std::string>& key : Combinations(spec, sets)) {
    budget_.Take(Lines(spec));
    MutexLock lock(mutex_);
    series_.emplace(std::move(key), Make(spec));
  }
}

template <typename Series>
Series& Labelled<Series>::At(std::initializer_list<std::string_view> values) {
  MDRL_CHECK(values.size() == spec_.labels.size())
      << spec_.name << " has " << spec_.labels.size() << " labels";
  const Key key(values.begin(), values.end());
  MutexLock lock(mutex_);
  const auto known = series_.find(key);
  if (known != series_.end()) return *known->second;
  for (size_t i = 0; i < key.size(); ++i) {
    const std::vector<std::string_view>& closed = spec_.labels[i].values;
    MDRL_CHECK(closed.empty() ||
               std::find(closed.begin(), closed.end(), key[i]) != closed.end())
        << spec_.name << ": " << spec_.labels[i].name << " has no value "
        << key[i];
  }
  if (!budget_.TryTake(Lines(spec_))) {
    if (!told_) {
      Log(LogLevel::kWarn, "too_many_series",
          "metrics.max_series is reached: new series are not served",
          {{"metric", std::string(spec_.name)}});
      told_ = true;
    }
    return *beyond_;
  }
  return *series_.emplace(key, Make(spec_)).first->second;
}

template <typename Series>
void Labelled<Series>::Remove(
    std::initializer_list<std::string_view> values) requires
    std::is_same_v<Series, Gauge> {
  MutexLock lock(mutex_);
  if (series_.erase(Key(values.begin(), values.end())) == 0) return;
  budget_.GiveBack(Lines(spec_));
}

template <typename Series>
MetricSamples Labelled<Series>::Collect() const {
  MetricSamples samples{.spec = &spec_, .series = {}};
  MutexLock lock(mutex_);
  for (const auto& [key, series] : series_) {
    SeriesSample& sample = samples.series.emplace_back();
    sample.labels = key;
    Read(*series, sample);
  }
  return samples;
}

template class Labelled<Counter>;
template class Labelled<Gauge>;
template class Labelled<Histogram>;

template <typename Series>
Labelled<Series>& Registry::Add(std::string_view name, MetricType type,
                                const LabelSets& sets) {
  const MetricSpec* spec = FindMetric(name);
  MDRL_CHECK(spec != nullptr) << name << " is not in the table of metrics";
  MDRL_CHECK(spec->type == type) << name << " is of another type";
  auto metric = std::make_unique<Labelled<Series>>(*spec, sets, budget_);
  Labelled<Series>& added = *metric;
  MutexLock lock(mutex_);
  MDRL_CHECK(metrics_.emplace(spec, std::move(metric)).second)
      << name << " was added before";
  return added;
}

Counter& Registry::AddCounter(std::string_view name) {
  return AddCounters(name).At({});
}
Gauge& Registry::AddGauge(std::string_view name) {
  return AddGauges(name).At({});
}
Histogram& Registry::AddHistogram(std::string_view name) {
  return AddHistograms(name).At({});
}
Counters& Registry::AddCounters(std::string_view name, const LabelSets& sets) {
  return Add<Counter>(name, MetricType::kCounter, sets);
}
Gauges& Registry::AddGauges(std::string_view name, const LabelSets& sets) {
  return Add<Gauge>(name, MetricType::kGauge, sets);
}
Histograms& Registry::AddHistograms(std::string_view name,
                                    const LabelSets& sets) {
  return Add<Histogram>(name, MetricType::kHistogram, sets);
}

void Registry::BeforeCollect(std::function<void()> refresh) {
  MutexLock lock(mutex_);
  refreshes_.push_back(std::move(refresh));
}

std::vector<MetricSamples> Registry::Collect() {
  MutexLock scrape(collect_mutex_);
  std::vector<std::function<void()>> refreshes;
  {
    MutexLock lock(mutex_);
    refreshes = refreshes_;
  }
  // Without the lock: they take the locks of whom they ask.
  for (const std::function<void()>& refresh : refreshes) refresh();
  std::vector<MetricSamples> all;
  MutexLock lock(mutex_);
  all.reserve(metrics_.size());
  for (const auto& [spec, metric] : metrics_) all.push_back(metric->Collect());
  return all;
}

absl::Status Registry::CheckRoom() const {
  if (budget_.taken() <= budget_.limit()) return absl::OkStatus();
  return ErrorWith(
      absl::StatusCode::kInvalidArgument, reason::kConfiguration,
      "metrics.max_series",
      absl::StrCat("metrics.max_series is ", budget_.limit(),
                   ", but the tasks, calls and reasons of this process make ",
                   budget_.taken(), " series"));
}

}  // namespace mdrl
