#include "common/wire/half.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "gtest/gtest.h"

namespace mdrl {
namespace {

// From the definition: sign, exponent, fraction.
double ValueOf(uint16_t half) {
  const double sign = (half & 0x8000) != 0 ? -1.0 : 1.0;
  const int exponent = (half >> 10) & 0x1F;
  const int fraction = half & 0x3FF;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

bool IsNan(uint16_t half) {
  return (half & 0x7C00) == 0x7C00 && (half & 0x3FF) != 0;
}
bool IsInfinite(uint16_t half) { return (half & 0x7FFF) == 0x7C00; }

TEST(HalfTest, ReadsAllHalvesAsDefined) {
  for (uint32_t i = 0; i <= 0xFFFF; ++i) {
    const auto half = static_cast<uint16_t>(i);
    const float value = HalfToFloat(half);
    if (IsNan(half)) {
      EXPECT_TRUE(std::isnan(value)) << i;
    } else if (IsInfinite(half)) {
      EXPECT_TRUE(std::isinf(value)) << i;
      EXPECT_EQ(std::signbit(value), (half & 0x8000) != 0);
    } else {
      EXPECT_EQ(static_cast<double>(value), ValueOf(half)) << i;
      EXPECT_EQ(std::signbit(value), (half & 0x8000) != 0);
    }
  }
}

TEST(HalfTest, WritesBackAllHalves) {
  for (uint32_t i = 0; i <= 0xFFFF; ++i) {
    const auto half = static_cast<uint16_t>(i);
    const uint16_t back = FloatToHalf(HalfToFloat(half));
    if (IsNan(half)) {
      EXPECT_TRUE(IsNan(back)) << i;
    } else {
      EXPECT_EQ(back, half) << i;
    }
  }
}

// Between every two neighbours: the midpoint goes to the even one, anything
// beside it to the nearer one.
TEST(HalfTest, RoundsToNearestTiesToEven) {
  for (uint32_t i = 0; i < 0x7BFF; ++i) {
    const auto low = static_cast<uint16_t>(i);
    const auto high = static_cast<uint16_t>(i + 1);
    const auto middle =
        static_cast<float>((ValueOf(low) + ValueOf(high)) / 2);  // exact
    EXPECT_EQ(FloatToHalf(middle), (low & 1) == 0 ? low : high) << i;
    EXPECT_EQ(FloatToHalf(std::nextafter(middle, 0.0f)), low) << i;
    EXPECT_EQ(FloatToHalf(std::nextafter(middle, 1e9f)), high) << i;
    EXPECT_EQ(FloatToHalf(-middle), FloatToHalf(middle) | 0x8000) << i;
  }
}

TEST(HalfTest, OverflowsToInfinityAndUnderflowsToZero) {
  EXPECT_EQ(FloatToHalf(65504.0f), 0x7BFF);
  EXPECT_EQ(FloatToHalf(std::nextafter(65520.0f, 0.0f)), 0x7BFF);
  EXPECT_EQ(FloatToHalf(65520.0f), 0x7C00);  // the tie is to even: infinity
  EXPECT_EQ(FloatToHalf(std::numeric_limits<float>::max()), 0x7C00);
  EXPECT_EQ(FloatToHalf(-std::numeric_limits<float>::infinity()), 0xFC00);
  EXPECT_EQ(FloatToHalf(std::numeric_limits<float>::denorm_min()), 0);
  EXPECT_EQ(FloatToHalf(-0.0f), 0x8000);
  EXPECT_TRUE(IsNan(FloatToHalf(std::numeric_limits<float>::quiet_NaN())));
  // A NaN whose payload lies below a half's fraction.
  EXPECT_TRUE(IsNan(FloatToHalf(std::bit_cast<float>(0x7F800001u))));
}

}  // namespace
}  // namespace mdrl
