// Two thousand runs of programs that attack, and nothing is left of them.
#include <gtest/gtest.h>

#include <vector>

#include "services/reward/sandbox/sandbox.h"
#include "tests/services/reward/sandbox/hostile_programs.h"
#include "tests/services/reward/sandbox/traces.h"

namespace mdrl {
namespace {

constexpr size_t kRuns = 2000;
constexpr size_t kSideBySide = 4;

TEST(LeftoversTest, TwoThousandRunsLeaveNoProcessFileOrMount) {
  Sandbox::Options options;
  options.limits.wall = absl::Milliseconds(500);
  options.limits.memory_bytes = 256u << 20;
  const auto sandbox = Sandbox::Create(options);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  WaitForRuns(**sandbox);
  const Traces before = LookForTraces();
  const auto hostile = HostilePrograms();
  size_t passed = 0;
  size_t failed = 0;
  for (size_t done = 0; done < kRuns; done += kSideBySide) {
    std::vector<Sandbox::Pending> runs;
    for (size_t i = 0; i < kSideBySide; ++i) {
      runs.push_back(
          (*sandbox)->Start(JobOf(hostile[(done + i) % hostile.size()])));
    }
    for (Sandbox::Pending& run : runs) {
      const auto result = run.Wait();
      if (!result.ok()) ++failed;
      if (result.ok() && result->all_passed()) ++passed;
    }
  }
  EXPECT_EQ(passed, 0u);
  EXPECT_EQ(failed, 0u);
  WaitForRuns(**sandbox);
  EXPECT_EQ(LookForTraces(), before);
}

}  // namespace
}  // namespace mdrl
