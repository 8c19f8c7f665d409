#include "services/learner/ledger/run_lock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "common/base/error.h"
#include "tests/services/learner/ledger/run_builder.h"

namespace mdrl {
namespace {

TEST(RunLockTest, ASecondLearnerIsRefusedUntilTheFirstEnds) {
  ::mdrl::testing::ScratchFolder folder;
  auto first = RunLock::Take(folder.path());
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = RunLock::Take(folder.path());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(second.status()), reason::kRunDirInUse);
  EXPECT_NE(second.status().message().find(absl::StrCat(getpid())),
            std::string::npos)
      << second.status();
  first->reset();
  EXPECT_TRUE(RunLock::Take(folder.path()).ok());
}

TEST(RunLockTest, AMissingFolderIsNamed) {
  const auto lock = RunLock::Take("/nowhere/at/all");
  EXPECT_EQ(lock.status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace mdrl
