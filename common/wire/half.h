// float16 (IEEE 754 binary16) in software. Pure functions.
#ifndef MDRL_COMMON_WIRE_HALF_H_
#define MDRL_COMMON_WIRE_HALF_H_

#include <cstdint>

namespace mdrl {

// The nearest half, ties to even; beyond 65504 to infinity. A NaN stays a quiet
// NaN.
uint16_t FloatToHalf(float value);

// Exact.
float HalfToFloat(uint16_t half);

}  // namespace mdrl

#endif  // MDRL_COMMON_WIRE_HALF_H_
