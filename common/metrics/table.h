// The one table of every metric that a process of this project serves: name,
// type, labels, help.
//
// Whoever counts looks its series up here by name (registry.h); dashboards,
// rules, alerts and docs/metrics.md are checked against it. A metric that is
// not in the table does not exist.
//
// Rules: prefix mdrl_ (process_ for what every program has); base units;
// counters end in _total; signed numbers are gauges; labels are closed sets,
// never a prompt, group, version or step. Immutable; safe from any thread.
#ifndef MDRL_COMMON_METRICS_TABLE_H_
#define MDRL_COMMON_METRICS_TABLE_H_

#include <span>
#include <string_view>
#include <vector>

namespace mdrl {

enum class MetricType { kCounter, kGauge, kHistogram };

// Fixed buckets by what is measured.
enum class Range {
  kNone,        // not a histogram
  kCall,        // 1 ms to 60 s
  kLedger,      // 0.1 ms to 5 s
  kSnapshot,    // 10 ms to 120 s
  kDecode,      // 50 ms to 300 s
  kPhase,       // 1 ms to 300 s
  kAge,         // 0.1 s to one hour
  kEvents,      // 1 to 1024
  kStaleness,   // 0, 1, 2, 3, 4, 6, 8, 16
  kTokens,      // 16 to 4096
  kPositions,   // 1 to 64
  kProbability  // 0.1 to 1
};
const std::vector<double>& BoundsOf(Range range);

// Which processes serve a metric.
enum Roles : unsigned {
  kLearner = 1,
  kRollout = 2,
  kReward = 4,
  kAllRoles = kLearner | kRollout | kReward
};

struct LabelSpec {
  std::string_view name;
  // All values, where the code knows them; else whose they are.
  std::vector<std::string_view> values;
  std::string_view of = {};
};

struct MetricSpec {
  std::string_view name;
  MetricType type;
  std::string_view unit;  // "seconds", "bytes", "ratio", "" for a number
  Roles roles;
  std::string_view help;
  std::vector<LabelSpec> labels = {};
  Range range = Range::kNone;
};

// In the order of the documentation.
std::span<const MetricSpec> MetricTable();

// Null if there is none.
const MetricSpec* FindMetric(std::string_view name);

}  // namespace mdrl

#endif  // MDRL_COMMON_METRICS_TABLE_H_
