#include "common/net/exit_code.h"

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

int CodeOf(std::string_view word) {
  return ExitCodeOf(ErrorWith(absl::StatusCode::kInternal, word, "", "m"));
}

TEST(ExitCodeTest, LetsTheReasonDecide) {
  EXPECT_EQ(CodeOf(reason::kUsage), 2);
  EXPECT_EQ(CodeOf(reason::kDoesNotVerify), 65);
  EXPECT_EQ(CodeOf(reason::kReplayDiverged), 65);
  EXPECT_EQ(CodeOf(reason::kPeerUnreachable), 69);
  EXPECT_EQ(CodeOf(reason::kDiskFull), 74);
  EXPECT_EQ(CodeOf(reason::kPortInUse), 75);
  EXPECT_EQ(CodeOf(reason::kRunDirInUse), 75);
  EXPECT_EQ(CodeOf(reason::kTokenizerDiffers), 76);
  EXPECT_EQ(CodeOf(reason::kInsecureAddress), 77);
  EXPECT_EQ(CodeOf(reason::kConfiguration), 78);
  EXPECT_EQ(CodeOf(reason::kWatchdogAlarm), 80);
  EXPECT_EQ(CodeOf(reason::kStepNonfinite), 81);
}

TEST(ExitCodeTest, FallsBackToTheStatusCode) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("m")), 1);
  EXPECT_EQ(ExitCodeOf(absl::DataLossError("m")), 65);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("m")), 69);
  EXPECT_EQ(ExitCodeOf(absl::InternalError("m")), 70);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("m")), 77);
  EXPECT_EQ(ExitCodeOf(ErrorWith(absl::StatusCode::kUnavailable,
                                 "NOBODY_KNOWS_IT", "", "m")),
            69);
}

TEST(ExitCodeTest, SurvivesContext) {
  EXPECT_EQ(ExitCodeOf(WithContext(
                WithReason(absl::UnavailableError("m"), reason::kRunDirInUse),
                "run.dir")),
            75);
}

}  // namespace
}  // namespace mdrl
