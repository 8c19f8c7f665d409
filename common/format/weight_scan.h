// Looks at every weight of a tensor's bytes. Functions without state; safe from
// any thread.
#ifndef MDRL_COMMON_FORMAT_WEIGHT_SCAN_H_
#define MDRL_COMMON_FORMAT_WEIGHT_SCAN_H_

#include <cstdint>
#include <string_view>

namespace mdrl {

// How many of the values are infinite or no numbers: those whose exponent has
// all bits set (IEEE 754). 0 for dtypes other than F64, F32, BF16 and F16.
// `bytes` need not be aligned.
uint64_t CountNonFinite(std::string_view dtype, std::string_view bytes);

}  // namespace mdrl

#endif  // MDRL_COMMON_FORMAT_WEIGHT_SCAN_H_
