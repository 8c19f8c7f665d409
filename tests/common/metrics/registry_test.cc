#include "common/metrics/registry.h"

#include <thread>

#include "common/base/status_reason.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The samples of `name`; fails the test if it was not added.
MetricSamples Find(Registry& registry, std::string_view name) {
  for (MetricSamples& samples : registry.Collect()) {
    if (samples.spec->name == name) return std::move(samples);
  }
  ADD_FAILURE() << name << " is not collected";
  return {};
}

TEST(RegistryTest, SeriesOfAClosedSetExistFromTheStartWithZero) {
  Registry registry;
  registry.AddCounters("mdrl_tickets_dropped_total",
                       {{"task", {"sort", "sudoku4"}}});
  const MetricSamples samples = Find(registry, "mdrl_tickets_dropped_total");
  // 2 tasks x 5 reasons of the table.
  ASSERT_EQ(samples.series.size(), 10u);
  EXPECT_THAT(samples.series[0].labels, ElementsAre("sort", "cancelled"));
  for (const SeriesSample& series : samples.series) {
    EXPECT_EQ(series.value, 0.0);
  }
}

TEST(RegistryTest, AnUnlabelledMetricIsOneSeries) {
  Registry registry;
  registry.AddCounter("mdrl_learner_steps_total").Increment();
  const MetricSamples samples = Find(registry, "mdrl_learner_steps_total");
  ASSERT_EQ(samples.series.size(), 1u);
  EXPECT_THAT(samples.series[0].labels, IsEmpty());
  EXPECT_EQ(samples.series[0].value, 1.0);
}

TEST(RegistryTest, TheSameValuesAreTheSameSeries) {
  Registry registry;
  Counters& tokens = registry.AddCounters("mdrl_learner_tokens_total");
  tokens.At({"trained"}).Increment(5);
  EXPECT_EQ(&tokens.At({"trained"}), &tokens.At({"trained"}));
  EXPECT_EQ(tokens.At({"trained"}).value(), 5.0);
  EXPECT_EQ(tokens.At({"forward"}).value(), 0.0);
}

TEST(RegistryTest, CountsTheLinesThatAScrapeBrings) {
  Registry registry;
  registry.AddGauge("mdrl_learner_loss");
  EXPECT_EQ(registry.series(), 1u);
  // 8 bounds, the bucket without end, sum and count.
  registry.AddHistogram("mdrl_staleness_versions");
  EXPECT_EQ(registry.series(), 1u + 11u);
}

TEST(RegistryTest, NewSeriesStopAtTheLimitAndGoOnCountingUnseen) {
  Registry registry({.max_series = 2});
  Gauges& leases = registry.AddGauges("mdrl_worker_leases");
  leases.At({"0"}).Set(1.0);
  leases.At({"1"}).Set(2.0);
  leases.At({"2"}).Set(3.0);
  EXPECT_EQ(registry.series(), 2u);
  EXPECT_EQ(Find(registry, "mdrl_worker_leases").series.size(), 2u);
  leases.Remove({"0"});
  leases.At({"2"}).Set(4.0);
  const MetricSamples samples = Find(registry, "mdrl_worker_leases");
  ASSERT_EQ(samples.series.size(), 2u);
  EXPECT_THAT(samples.series[1].labels, ElementsAre("2"));
  EXPECT_EQ(samples.series[1].value, 4.0);
}

TEST(RegistryTest, ClosedSetsBeyondTheLimitAreRefusedByKey) {
  Registry registry({.max_series = 3});
  EXPECT_TRUE(registry.CheckRoom().ok());
  registry.AddCounters("mdrl_leases_total");  // 6 events
  const absl::Status status = registry.CheckRoom();
  EXPECT_EQ(ReasonOf(status), "CONFIGURATION");
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("metrics.max_series is 3"));
}

TEST(RegistryTest, RefreshesGaugesBeforeItReads) {
  Registry registry;
  Gauge& round = registry.AddGauge("mdrl_learner_round");
  registry.BeforeCollect([&round] { round.Add(1.0); });
  EXPECT_EQ(Find(registry, "mdrl_learner_round").series[0].value, 1.0);
  EXPECT_EQ(Find(registry, "mdrl_learner_round").series[0].value, 2.0);
}

TEST(RegistryTest, CollectsInTheTablesOrder) {
  Registry registry;
  registry.AddGauge("mdrl_learner_loss");
  registry.AddGauge("mdrl_learner_step");
  const std::vector<MetricSamples> all = registry.Collect();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].spec->name, "mdrl_learner_step");
}

TEST(RegistryTest, IsScrapedWhileOthersCount) {
  Registry registry;
  Counters& issued = registry.AddCounters("mdrl_tickets_issued_total");
  std::jthread counting([&issued] {
    for (int i = 0; i < 1000; ++i) issued.At({"sort"}).Increment();
  });
  double last = 0.0;
  for (int i = 0; i < 100; ++i) {
    for (const MetricSamples& samples : registry.Collect()) {
      for (const SeriesSample& series : samples.series) {
        EXPECT_GE(series.value, last);
        last = series.value;
      }
    }
  }
}

TEST(RegistryDeathTest, KnowsOnlyTheTable) {
  Registry registry;
  EXPECT_DEATH(registry.AddGauge("mdrl_made_up"), "not in the table");
  EXPECT_DEATH(registry.AddCounter("mdrl_learner_loss"), "another type");
  Counters& leases = registry.AddCounters("mdrl_leases_total");
  EXPECT_DEATH(leases.At({"stolen"}), "event has no value stolen");
}

}  // namespace
}  // namespace mdrl
