#include "services/rollout/decode/unmask_schedule.h"

#include <gtest/gtest.h>

namespace mdrl {
namespace {

TEST(UnmaskScheduleTest, TheStepsOfABlockRevealAllOfIt) {
  for (uint32_t masked = 0; masked <= 70; ++masked) {
    for (uint32_t steps = 1; steps <= 80; ++steps) {
      uint32_t sum = 0, before = masked;
      for (uint32_t step = 0; step < steps; ++step) {
        const uint32_t now = RevealsAt(masked, steps, step);
        EXPECT_LE(now, before) << "more later than earlier";
        before = now;
        sum += now;
      }
      EXPECT_EQ(sum, masked) << steps << " steps";
    }
  }
}

TEST(UnmaskScheduleTest, EveryBlockHasAStep) {
  EXPECT_EQ(StepsPerBlock(12, 4), 3u);
  EXPECT_EQ(StepsPerBlock(7, 2), 3u);
  EXPECT_EQ(StepsPerBlock(3, 4), 1u);
}

}  // namespace
}  // namespace mdrl
