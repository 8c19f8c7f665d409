#include "services/learner/loop_metrics.h"

#include <cmath>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace mdrl {
namespace {

double ValueOf(Registry& registry, std::string_view name,
               const std::vector<std::string>& labels = {}) {
  for (const MetricSamples& samples : registry.Collect()) {
    if (samples.spec->name != name) continue;
    for (const SeriesSample& series : samples.series) {
      if (series.labels != labels) continue;
      // A histogram's sum says more than its count.
      return series.counts.empty() ? series.value : series.sum;
    }
  }
  ADD_FAILURE() << "no such series of " << name;
  return -1.0;
}

// A group of `task`, decoded with `version`, with these rewards; 1 is right.
ScoredGroup Scored(const std::string& task, Version version,
                   const std::vector<double>& rewards) {
  ScoredGroup scored;
  scored.prompt.task = task;
  for (const double reward : rewards) {
    Completion completion;
    completion.versions = {{0, version}};
    completion.score.outcome = Outcome::kScored;
    completion.score.reward = reward;
    completion.score.correct = reward == 1.0;
    completion.score.components = {{"format", 2 * reward, 0.5}};
    scored.group.completions.push_back(std::move(completion));
  }
  return scored;
}

class LoopMetricsTest : public testing::Test {
 protected:
  Registry registry_;
  DeskMetrics desk_{registry_, {"sort", "sudoku4"}, absl::UnixEpoch()};
  LoopMetrics metrics_{
      registry_, {"sort", "sudoku4"}, absl::FromUnixSeconds(100), desk_};
};

TEST_F(LoopMetricsTest, ARoundShowsItsRewardsItsSpreadAndItsLag) {
  RoundGroups round;
  round.round = 5;
  round.groups = {Scored("sort", 4, {0, 1}), Scored("sort", 4, {1, 1}),
                  Scored("sort", 5, {0, 0}), Scored("sudoku4", 5, {0.5, 0.5})};
  metrics_.CountRound(round, /*steps=*/3);
  EXPECT_EQ(ValueOf(registry_, "mdrl_learner_reward_mean", {"sort"}), 3 / 6.0);
  EXPECT_EQ(ValueOf(registry_, "mdrl_learner_reward_stddev", {"sort"}), 0.5);
  EXPECT_EQ(ValueOf(registry_, "mdrl_learner_reward_component_mean",
                    {"sort", "format"}),
            2 * 3 / 6.0);
  const std::string_view groups = "mdrl_learner_groups_total";
  EXPECT_EQ(ValueOf(registry_, groups, {"mixed"}), 1);
  EXPECT_EQ(ValueOf(registry_, groups, {"all_correct"}), 1);
  // Half a reward is not right either.
  EXPECT_EQ(ValueOf(registry_, groups, {"all_wrong"}), 2);
  EXPECT_EQ(ValueOf(registry_, "mdrl_staleness_versions"), 1 + 1 + 0 + 0);
  EXPECT_EQ(ValueOf(registry_, "mdrl_staleness_steps"), (1 + 1) * 3);
  EXPECT_EQ(ValueOf(registry_, "mdrl_group_version_span"), 0);
}

TEST_F(LoopMetricsTest, AStepShowsItsNumbers) {
  RoundGroups round;
  round.groups = {Scored("sort", 0, {0, 1})};
  StepStats stats;
  stats.tokens = 7;
  stats.positive = 1;
  stats.loss = -0.25;
  stats.parts["mix"] = -0.5;
  stats.gap = 0.125;
  stats.clipped = true;
  stats.seconds = {{"forward", 2.0}};
  metrics_.CountStep(round, /*step=*/9, stats, absl::FromUnixSeconds(250));
  EXPECT_EQ(ValueOf(registry_, "mdrl_learner_step"), 10);
  EXPECT_EQ(ValueOf(registry_, "mdrl_learner_steps_total"), 1);
  EXPECT_EQ(ValueOf(registry_, "mdrl_learner_last_step_timestamp_seconds"),
            250);
  EXPECT_EQ(ValueOf(registry_, "mdrl_learner_tokens_total", {"trained"}), 7);
  EXPECT_EQ(ValueOf(registry_, "mdrl_learner_loss"), -0.25);
  EXPECT_EQ(ValueOf(registry_, "mdrl_learner_loss_part", {"mix"}), -0.5);
  EXPECT_EQ(
      ValueOf(registry_, "mdrl_learner_bound_gap_nats_per_token", {"sort"}),
      0.125);
  EXPECT_EQ(ValueOf(registry_, "mdrl_learner_grad_clipped_steps_total"), 1);
  EXPECT_EQ(ValueOf(registry_, "mdrl_learner_phase_seconds", {"forward"}), 2);
}

TEST_F(LoopMetricsTest, TheGapOfAMixedStepIsNobodys) {
  RoundGroups round;
  round.groups = {Scored("sort", 0, {0}), Scored("sudoku4", 0, {0})};
  StepStats stats;
  stats.gap = 0.5;
  metrics_.CountStep(round, 0, stats, absl::FromUnixSeconds(1));
  for (const std::string task : {"sort", "sudoku4"}) {
    EXPECT_EQ(
        ValueOf(registry_, "mdrl_learner_bound_gap_nats_per_token", {task}), 0);
  }
}

TEST_F(LoopMetricsTest, TheLastCheckpointIsTheStartUntilThereIsOne) {
  const std::string_view last =
      "mdrl_checkpoint_last_success_timestamp_seconds";
  EXPECT_EQ(ValueOf(registry_, last), 100);
  metrics_.CountCheckpoint(absl::InternalError("no"), 0,
                           absl::FromUnixSeconds(300));
  EXPECT_EQ(ValueOf(registry_, last), 100);
  EXPECT_EQ(ValueOf(registry_, "mdrl_checkpoint_failures_total", {"internal"}),
            1);
  metrics_.CountCheckpoint(absl::OkStatus(), 42, absl::FromUnixSeconds(400));
  EXPECT_EQ(ValueOf(registry_, last), 400);
  EXPECT_EQ(ValueOf(registry_, "mdrl_checkpoint_bytes"), 42);
}

TEST_F(LoopMetricsTest, NamesWhatWasNotFinite) {
  // The update's own words.
  metrics_.CountNonFinite(
      absl::InternalError("the gradient is not finite: the step is not "
                          "applied"));
  metrics_.CountNonFinite(absl::InternalError("the loss is not finite"));
  const std::string_view steps = "mdrl_learner_nonfinite_steps_total";
  EXPECT_EQ(ValueOf(registry_, steps, {"gradient"}), 1);
  EXPECT_EQ(ValueOf(registry_, steps, {"loss"}), 1);
}

}  // namespace
}  // namespace mdrl
