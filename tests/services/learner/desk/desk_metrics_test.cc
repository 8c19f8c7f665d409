#include "services/learner/desk/desk_metrics.h"

#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "tests/services/learner/desk/desk_rig.h"

namespace mdrl {
namespace {

// A desk with one group per round, watched.
class DeskMetricsTest : public testing::Test {
 protected:
  DeskMetricsTest()
      : metrics_(registry_, {"sort"}, absl::UnixEpoch()), rig_(Options()) {}

  DeskOptions Options() {
    DeskOptions options = RigOptions(/*groups_per_round=*/1,
                                     /*max_staleness=*/0);
    options.metrics = &metrics_;
    return options;
  }

  // The value, or the number of observations, of the series with these labels.
  double ValueOf(std::string_view name, std::vector<std::string> labels = {}) {
    rig_.desk().RefreshMetrics();
    for (const MetricSamples& samples : registry_.Collect()) {
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

  Registry registry_;
  DeskMetrics metrics_;
  Rig rig_;
};

TEST_F(DeskMetricsTest, AGroupIsCountedFromItsTicketToItsTraining) {
  ASSERT_TRUE(rig_.SubmitPrompts(RigPrompts(4, "p")).ok());
  rig_.desk().Publish(RigSnapshot(0));
  RigWorker worker(rig_.desk(), "w", 1);
  ASSERT_TRUE(worker.Register().ok());
  EXPECT_EQ(ValueOf("mdrl_tickets_open", {"issued"}), 1);
  const std::vector<Lease> leases = worker.Leases(1);
  ASSERT_EQ(leases.size(), 1u);
  EXPECT_EQ(ValueOf("mdrl_tickets_open", {"leased"}), 1);
  EXPECT_EQ(ValueOf("mdrl_worker_leases", {"0"}), 1);
  EXPECT_EQ(ValueOf("mdrl_waiting", {"learner", "decoding"}), 1);

  ASSERT_TRUE(worker.Submit(RigGroup(leases[0])).ok());
  ASSERT_TRUE(worker.Submit(RigGroup(leases[0])).ok());  // again
  EXPECT_EQ(ValueOf("mdrl_queue_depth", {"groups"}), 1);
  rig_.clock().Advance(absl::Seconds(3));
  ASSERT_TRUE(rig_.TrainRound().ok());

  EXPECT_EQ(ValueOf("mdrl_tickets_trained_total", {"sort"}), 1);
  EXPECT_EQ(ValueOf("mdrl_tickets_issued_total", {"sort"}), 2);  // and the next
  EXPECT_EQ(ValueOf("mdrl_ticket_age_seconds"), 1);
  EXPECT_EQ(ValueOf("mdrl_tickets_imbalance"), 0);
  EXPECT_EQ(ValueOf("mdrl_leases_total", {"granted"}), 1);
  EXPECT_EQ(ValueOf("mdrl_submits_total", {"accepted"}), 1);
  EXPECT_EQ(ValueOf("mdrl_submits_total", {"duplicate"}), 1);
  // The rig's group: rewards 0 and 1.
  EXPECT_EQ(ValueOf("mdrl_learner_rewards_total", {"sort", "scored"}), 2);
  EXPECT_EQ(ValueOf("mdrl_learner_reward_positive_sum_total", {"sort"}), 1);
  EXPECT_EQ(ValueOf("mdrl_policy_version"), 1);
  EXPECT_EQ(ValueOf("mdrl_policy_published_total", {"initial"}), 1);
  EXPECT_EQ(ValueOf("mdrl_policy_published_total", {"round"}), 1);
  EXPECT_EQ(ValueOf("mdrl_prompts_left", {"sort"}), 2);
  EXPECT_EQ(ValueOf("mdrl_worker_joins_total", {"cold"}), 1);
  EXPECT_EQ(ValueOf("mdrl_worker_join_seconds", {"cold"}), 1);
}

TEST_F(DeskMetricsTest, LeasesThatEndAreToldApart) {
  ASSERT_TRUE(rig_.SubmitPrompts(RigPrompts(4, "p")).ok());
  rig_.desk().Publish(RigSnapshot(0));
  RigWorker worker(rig_.desk(), "w", 1);
  ASSERT_TRUE(worker.Register().ok());
  const std::vector<Lease> leases = worker.Leases(1);
  ASSERT_EQ(leases.size(), 1u);
  ASSERT_TRUE(worker.Return(leases[0].key, Reason::kScorerError).ok());
  ASSERT_EQ(worker.Leases(1).size(), 1u);
  rig_.clock().Advance(absl::Seconds(60));  // past lease and heartbeat
  rig_.desk().Tick();
  EXPECT_EQ(ValueOf("mdrl_leases_total", {"granted"}), 2);
  EXPECT_EQ(ValueOf("mdrl_leases_total", {"returned"}), 1);
  EXPECT_EQ(ValueOf("mdrl_leases_total", {"expired"}), 1);
  EXPECT_EQ(ValueOf("mdrl_worker_lost_total", {"worker_lost"}), 1);
  EXPECT_EQ(ValueOf("mdrl_workers", {"lost"}), 1);
  EXPECT_EQ(ValueOf("mdrl_tickets_imbalance"), 0);
}

TEST_F(DeskMetricsTest, AStallIsTimedAndAnIntendedWaitIsNot) {
  rig_.desk().Publish(RigSnapshot(0));
  rig_.clock().Advance(absl::Seconds(100));
  // No prompts: somebody has to submit some.
  EXPECT_EQ(ValueOf("mdrl_waiting", {"learner", "no_prompts"}), 1);
  EXPECT_EQ(ValueOf("mdrl_stalled_seconds", {"learner"}), 0);
  ASSERT_TRUE(rig_.SubmitPrompts(RigPrompts(4, "p")).ok());
  rig_.clock().Advance(absl::Seconds(70));
  EXPECT_EQ(ValueOf("mdrl_waiting", {"learner", "no_worker"}), 1);
  EXPECT_EQ(ValueOf("mdrl_waiting", {"learner", "no_prompts"}), 0);
  EXPECT_EQ(ValueOf("mdrl_stalled_seconds", {"learner"}), 70);
}

TEST_F(DeskMetricsTest, ABalanceThatIsOffIsSeen) {
  RunStatus status;
  status.tickets.issued = 5;
  status.tickets.trained = 2;
  status.tickets.open[TicketState::kLeased] = 1;
  metrics_.ShowStatus(status, absl::UnixEpoch());
  bool seen = false;
  for (const MetricSamples& samples : registry_.Collect()) {
    if (samples.spec->name != "mdrl_tickets_imbalance") continue;
    EXPECT_EQ(samples.series[0].value, 5 - 2 - 1);
    seen = true;
  }
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace mdrl
