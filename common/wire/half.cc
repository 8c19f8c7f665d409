#include "common/wire/half.h"

#include <bit>

namespace mdrl {
namespace {

constexpr uint32_t kFloatInfinity = 0x7F800000;
constexpr int kFractionShift = 23 - 10;
constexpr uint32_t kBiasDifference = 127 - 15;

// `value` / 2^shift, rounded to nearest, ties to even.
uint32_t RoundedShift(uint32_t value, uint32_t shift) {
  const uint32_t half = 1u << (shift - 1);
  const uint32_t odd = (value >> shift) & 1;
  return (value + half - 1 + odd) >> shift;
}

}  // namespace

uint16_t FloatToHalf(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
  const uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude > kFloatInfinity) return sign | 0x7E00;
  const uint32_t exponent = magnitude >> 23;
  if (exponent > kBiasDifference) {
    // Normal. A carry out of the fraction moves into the exponent, up to
    // infinity, which is where it belongs.
    const uint32_t rebased = magnitude - (kBiasDifference << 23);
    const uint32_t half = RoundedShift(rebased, kFractionShift);
    return sign | static_cast<uint16_t>(half < 0x7C00 ? half : 0x7C00);
  }
  // Subnormal: units of 2^-24. Below half of one, nothing is left.
  const uint32_t shift = kFractionShift + kBiasDifference + 1 - exponent;
  if (shift > 24) return sign;
  return sign | static_cast<uint16_t>(
                    RoundedShift((magnitude & 0x7FFFFF) | 0x800000, shift));
}

float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = (half >> 10) & 0x1F;
  const uint32_t fraction = half & 0x3FF;
  if (exponent == 0x1F) {
    return std::bit_cast<float>(sign | kFloatInfinity |
                                (fraction << kFractionShift));
  }
  if (exponent == 0) {
    constexpr float kUnit = 1.0f / (1 << 24);
    const float magnitude = static_cast<float>(fraction) * kUnit;
    return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(magnitude));
  }
  return std::bit_cast<float>(sign | ((exponent + kBiasDifference) << 23) |
                              (fraction << kFractionShift));
}

}  // namespace mdrl
