#include "common/base/error.h"

#include "absl/status/status.h"
#include "common/base/status_macros.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

TEST(ErrorTest, CarriesReasonAndField) {
  const absl::Status status = ErrorWith(absl::StatusCode::kFailedPrecondition,
                                        reason::kPortInUse, "listen", "taken");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "taken");
  EXPECT_EQ(ReasonOf(status), "PORT_IN_USE");
  EXPECT_EQ(DetailOf(status).field, "listen");
}

TEST(ErrorTest, KeepsEveryPartThroughContext) {
  const ErrorDetail detail{"QUEUE_FULL",
                           "groups",
                           absl::Milliseconds(1500),
                           {{"depth", "64"}, {"limit", ""}}};
  const absl::Status status = WithContext(
      WithDetail(absl::ResourceExhaustedError("full"), detail), "ledger");
  EXPECT_EQ(DetailOf(status), detail);
  EXPECT_EQ(status.message(), "ledger: full");
}

TEST(ErrorTest, ReplacesTheWholeDetail) {
  absl::Status status = WithDetail(absl::InternalError("x"),
                                   {"A", "f", absl::Seconds(1), {{"k", "v"}}});
  status = WithDetail(status, {"B", "", std::nullopt, {}});
  EXPECT_EQ(DetailOf(status), (ErrorDetail{"B", "", std::nullopt, {}}));
}

TEST(ErrorTest, GivesAReasonOnlyWhereThereIsNone) {
  EXPECT_EQ(ReasonOf(OrReason(absl::InternalError("x"), "A")), "A");
  EXPECT_EQ(ReasonOf(OrReason(WithReason(absl::InternalError("x"), "A"), "B")),
            "A");
  EXPECT_TRUE(OrReason(absl::OkStatus(), "A").ok());
}

TEST(ErrorTest, SeesNothingOnABareStatus) {
  EXPECT_EQ(DetailOf(absl::InternalError("x")), ErrorDetail());
  EXPECT_EQ(DetailOf(absl::OkStatus()), ErrorDetail());
}

}  // namespace
}  // namespace mdrl
