#include "common/metrics/process_metrics.h"

#include <map>
#include <string>

#include "gtest/gtest.h"

namespace mdrl {
namespace {

TEST(ProcessMetricsTest, ReadsALineWhoseProgramNameHoldsBrackets) {
  // Fields by proc(5); ticks of 10 ms, pages of 4 KiB on this system.
  const auto use = ParseProcessStat(
      "42 (a) b) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 7 0 300 8192 3 99");
  ASSERT_TRUE(use.has_value());
  EXPECT_EQ(use->cpu_seconds, (150 + 50) / 100.0);
  EXPECT_EQ(use->threads, 7);
  EXPECT_EQ(use->start_seconds, 300 / 100.0);
  EXPECT_EQ(use->virtual_bytes, 8192);
  EXPECT_EQ(use->resident_bytes, 3 * 4096);
}

TEST(ProcessMetricsTest, RefusesWhatIsNoSuchLine) {
  EXPECT_FALSE(ParseProcessStat("").has_value());
  EXPECT_FALSE(ParseProcessStat("42 (name) S 1 2").has_value());
}

TEST(ProcessMetricsTest, DescribesThisProcess) {
  Registry registry;
  const ProcessMetrics process(registry);
  std::map<std::string, double> values;
  for (const MetricSamples& samples : registry.Collect()) {
    values[std::string(samples.spec->name)] = samples.series.at(0).value;
  }
  EXPECT_GT(values["process_resident_memory_bytes"], 0.0);
  EXPECT_GT(values["process_virtual_memory_bytes"],
            values["process_resident_memory_bytes"]);
  EXPECT_GE(values["process_threads"], 1.0);
  EXPECT_GE(values["process_open_fds"], 3.0);
  EXPECT_GT(values["process_max_fds"], values["process_open_fds"]);
  // After 2020 and before 2100.
  EXPECT_GT(values["process_start_time_seconds"], 1577836800.0);
  EXPECT_LT(values["process_start_time_seconds"], 4102444800.0);
}

}  // namespace
}  // namespace mdrl
