#include "services/learner/door/stream_count.h"

#include <optional>
#include <vector>

#include "common/base/error.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

TEST(StreamCountTest, APeerHasFourAndEachEndMakesRoom) {
  StreamCount count;
  std::vector<StreamCount::Seat> seats;
  for (int i = 0; i < StreamCount::kMost; ++i) {
    auto seat = count.Take("ipv4:127.0.0.1:5000");
    ASSERT_TRUE(seat.ok()) << seat.status();
    seats.push_back(*std::move(seat));
  }
  const auto refused = count.Take("ipv4:127.0.0.1:5000");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(DetailOf(refused.status()).retry_after.has_value());
  EXPECT_TRUE(count.Take("ipv4:127.0.0.1:5001").ok());
  seats.pop_back();
  EXPECT_TRUE(count.Take("ipv4:127.0.0.1:5000").ok());
}

}  // namespace
}  // namespace mdrl
