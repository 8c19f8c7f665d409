#include "services/rollout/rollout_metrics.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace mdrl {
namespace {

// The value, or the number of observations, of the series with these labels.
double ValueOf(Registry& registry, std::string_view name,
               const std::vector<std::string>& labels) {
  for (const MetricSamples& samples : registry.Collect()) {
    if (samples.spec->name != name) continue;
    for (const SeriesSample& series : samples.series) {
      if (series.labels != labels) continue;
      return series.value +
             static_cast<double>(std::accumulate(
                 series.counts.begin(), series.counts.end(), uint64_t{0}));
    }
  }
  ADD_FAILURE() << "no such series of " << name;
  return -1.0;
}

Completion Decoded(std::vector<int32_t> tokens, uint32_t effective) {
  Completion completion;
  for (size_t i = 0; i < tokens.size(); ++i) {
    // Two positions in each forward, the last one never.
    completion.reveal_step.push_back(static_cast<uint16_t>(i / 2));
    completion.confidence.push_back(0.5f);
  }
  completion.reveal_step.back() = kNeverRevealed;
  completion.tokens = std::move(tokens);
  completion.effective_tokens = effective;
  completion.truncated = effective == completion.tokens.size();
  return completion;
}

TEST(RolloutMetricsTest, CountsWhatAGroupHolds) {
  Registry registry;
  RolloutMetrics metrics(registry, {"sort"});
  Lease lease;
  lease.prompt.task = "sort";
  lease.purpose = Purpose::kEvaluate;

  // The first two are equal up to their end mark, the third has none.
  metrics.CountGroup(lease,
                     {Decoded({1, 2, 9, 0}, 3), Decoded({1, 2, 9, 7}, 3),
                      Decoded({4, 5, 6, 7}, 4)},
                     absl::Milliseconds(200));

  EXPECT_EQ(ValueOf(registry, "mdrl_rollout_groups_total", {"evaluate"}), 1);
  EXPECT_EQ(ValueOf(registry, "mdrl_rollout_groups_total", {"train"}), 0);
  EXPECT_EQ(ValueOf(registry, "mdrl_rollout_completions_total", {"sort"}), 3);
  EXPECT_EQ(ValueOf(registry, "mdrl_rollout_tokens_total", {"canvas"}), 3 * 4);
  EXPECT_EQ(ValueOf(registry, "mdrl_rollout_tokens_total", {"effective"}),
            3 + 3 + 4);
  EXPECT_EQ(ValueOf(registry, "mdrl_rollout_truncated_total", {"sort"}), 1);
  EXPECT_EQ(ValueOf(registry, "mdrl_rollout_repeated_in_group_total", {"sort"}),
            1);
  EXPECT_EQ(ValueOf(registry, "mdrl_rollout_repetitive_total", {"sort"}), 0);
  // Positions 0 and 1, then 2 alone, of each completion.
  EXPECT_EQ(ValueOf(registry, "mdrl_rollout_revealed_per_forward", {}), 3 * 2);
  EXPECT_EQ(ValueOf(registry, "mdrl_rollout_reveal_confidence", {}), 3 * 3);
  EXPECT_EQ(ValueOf(registry, "mdrl_rollout_decode_seconds", {"sort"}), 1);
}

TEST(RolloutMetricsTest, ACompletionThatSaysTheSameOverAndOverIsRepetitive) {
  std::vector<int32_t> tokens(40);
  for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = i % 3;
  EXPECT_TRUE(IsRepetitive(tokens));
  std::iota(tokens.begin(), tokens.end(), 0);
  EXPECT_FALSE(IsRepetitive(tokens));
}

TEST(RolloutMetricsTest, AShortAnswerMayRepeat) {
  EXPECT_FALSE(IsRepetitive(std::vector<int32_t>(31, 7)));
  EXPECT_TRUE(IsRepetitive(std::vector<int32_t>(32, 7)));
}

TEST(RolloutMetricsTest, AWaitThatGoesOnIsCountedWhileItLasts) {
  Registry registry;
  RolloutMetrics metrics(registry, {});
  WorkerStats stats;
  const absl::Time start = absl::FromUnixSeconds(1000);
  const std::string_view busy = "mdrl_rollout_busy_seconds_total";
  stats.idle.Begin(start);
  stats.idle.Begin(start + absl::Seconds(1));  // a second lane
  metrics.RefreshBusy(stats, start + absl::Seconds(3));
  EXPECT_DOUBLE_EQ(ValueOf(registry, busy, {"no_lease"}), 3 + 2);
  stats.idle.End(start + absl::Seconds(4));
  stats.idle.End(start + absl::Seconds(4));
  metrics.RefreshBusy(stats, start + absl::Seconds(100));
  EXPECT_DOUBLE_EQ(ValueOf(registry, busy, {"no_lease"}), 4 + 3);
  EXPECT_DOUBLE_EQ(ValueOf(registry, busy, {"decode"}), 0);
}

TEST(PolicyMetricsTest, TellsBytesThatDifferFromOtherFailures) {
  Registry registry;
  PolicyMetrics metrics(registry);
  metrics.CountFetch(absl::DataLossError("chunk 3"));
  metrics.CountFetch(absl::FailedPreconditionError("another base model"));
  metrics.CountLoad(absl::DataLossError("canary"));
  metrics.CountLoad(absl::OkStatus());
  const std::string_view mismatches = "mdrl_snapshot_mismatches_total";
  EXPECT_EQ(ValueOf(registry, mismatches, {"wire"}), 1);
  EXPECT_EQ(ValueOf(registry, mismatches, {"canary"}), 1);
  EXPECT_EQ(ValueOf(registry, "mdrl_snapshot_failures_total", {"base"}), 1);
}

}  // namespace
}  // namespace mdrl
