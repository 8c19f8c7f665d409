#include "client/report/elapsed_text.h"

#include <gtest/gtest.h>

namespace mdrl {
namespace {

TEST(ElapsedTextTest, IsAsExactAsPeopleWantIt) {
  EXPECT_EQ(ElapsedText(absl::Seconds(0.44)), "0.4 s");
  EXPECT_EQ(ElapsedText(absl::Seconds(9.94)), "9.9 s");
  EXPECT_EQ(ElapsedText(absl::Seconds(9.96)), "10 s");
  EXPECT_EQ(ElapsedText(absl::Seconds(119)), "119 s");
  EXPECT_EQ(ElapsedText(absl::Seconds(192)), "3 min 12 s");
  EXPECT_EQ(ElapsedText(absl::Seconds(7512)), "2 h 05 min");
  EXPECT_EQ(ElapsedText(absl::Seconds(-1)), "0.0 s");
}

}  // namespace
}  // namespace mdrl
