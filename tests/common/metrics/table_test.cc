#include "common/metrics/table.h"

#include <algorithm>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         text.substr(text.size() - end.size()) == end;
}

TEST(MetricTableTest, NamesAreUniqueAndOfThisProject) {
  std::set<std::string_view> names;
  for (const MetricSpec& spec : MetricTable()) {
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
    EXPECT_TRUE(spec.name.starts_with("mdrl_") ||
                spec.name.starts_with("process_"))
        << spec.name;
  }
}

TEST(MetricTableTest, CountersAndOnlyCountersEndInTotal) {
  for (const MetricSpec& spec : MetricTable()) {
    EXPECT_EQ(EndsWith(spec.name, "_total"), spec.type == MetricType::kCounter)
        << spec.name;
  }
}

TEST(MetricTableTest, UnitsStandInTheName) {
  for (const MetricSpec& spec : MetricTable()) {
    EXPECT_THAT(std::string(spec.name), testing::HasSubstr(spec.unit));
  }
}

TEST(MetricTableTest, HistogramsHaveBucketsAndNothingElseDoes) {
  for (const MetricSpec& spec : MetricTable()) {
    const std::vector<double>& bounds = BoundsOf(spec.range);
    EXPECT_EQ(!bounds.empty(), spec.type == MetricType::kHistogram)
        << spec.name;
    EXPECT_TRUE(std::is_sorted(bounds.begin(), bounds.end())) << spec.name;
  }
}

TEST(MetricTableTest, EveryLabelIsAClosedSetOrSaysWhoCloses) {
  // What would make as many series as a run has work.
  const std::set<std::string_view> open = {"prompt", "group", "version", "step",
                                           "round"};
  for (const MetricSpec& spec : MetricTable()) {
    for (const LabelSpec& label : spec.labels) {
      EXPECT_NE(label.values.empty(), label.of.empty())
          << spec.name << " " << label.name;
      // The one that describes the build says its version once.
      if (spec.name == "mdrl_build_info") continue;
      EXPECT_FALSE(open.contains(label.name)) << spec.name;
    }
  }
}

TEST(MetricTableTest, FindsByName) {
  ASSERT_NE(FindMetric("mdrl_learner_loss"), nullptr);
  EXPECT_EQ(FindMetric("mdrl_learner_loss")->type, MetricType::kGauge);
  EXPECT_EQ(FindMetric("mdrl_learner_los"), nullptr);
}

}  // namespace
}  // namespace mdrl
