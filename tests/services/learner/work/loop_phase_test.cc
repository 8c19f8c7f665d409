#include "services/learner/work/loop_phase.h"

#include "gtest/gtest.h"

namespace mdrl {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1000);

TEST(LoopPhasesTest, APhaseLastsUntilTheNextOne) {
  LoopPhases phases;
  phases.Enter(LoopPhase::kWaitGroups, "", kStart);
  phases.Enter(LoopPhase::kTraining, "round 0", kStart + absl::Seconds(3));
  const auto totals = phases.Totals(kStart + absl::Seconds(5));
  EXPECT_EQ(totals.at(LoopPhase::kWaitGroups), absl::Seconds(3));
  EXPECT_EQ(totals.at(LoopPhase::kTraining), absl::Seconds(2));
  EXPECT_EQ(phases.since(), kStart + absl::Seconds(3));
  EXPECT_EQ(phases.detail(), "round 0");
}

TEST(LoopPhasesTest, ALapHoldsWhatPassedSinceTheLastOne) {
  LoopPhases phases;
  phases.Enter(LoopPhase::kTraining, "", kStart);
  EXPECT_EQ(phases.TakeLap(kStart + absl::Seconds(4))[LoopPhase::kTraining],
            absl::Seconds(4));
  phases.Enter(LoopPhase::kPublishing, "", kStart + absl::Seconds(4));
  const auto lap = phases.TakeLap(kStart + absl::Seconds(5));
  EXPECT_EQ(lap.size(), 1u);
  EXPECT_EQ(lap.at(LoopPhase::kPublishing), absl::Seconds(1));
}

TEST(LoopPhasesTest, TheLongestStayIsOfFinishedOnesOnly) {
  LoopPhases phases;
  phases.Enter(LoopPhase::kTraining, "", kStart);
  EXPECT_EQ(phases.LongestStay(LoopPhase::kTraining), absl::ZeroDuration());
  phases.Enter(LoopPhase::kWaitGroups, "", kStart + absl::Seconds(2));
  phases.Enter(LoopPhase::kTraining, "", kStart + absl::Seconds(3));
  EXPECT_EQ(phases.LongestStay(LoopPhase::kTraining), absl::Seconds(2));
}

}  // namespace
}  // namespace mdrl
