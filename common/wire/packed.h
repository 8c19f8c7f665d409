// Arrays as little-endian bytes without padding, whatever the machine. Pure
// functions.
//
// Unpacking returns InvalidArgument naming `field` unless the byte count is a
// whole number of entries within the limit; nothing is allocated before that.
#ifndef MDRL_COMMON_WIRE_PACKED_H_
#define MDRL_COMMON_WIRE_PACKED_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mdrl {

// How many entries are allowed: exactly or at most so many.
struct Count {
  size_t least = 0;
  size_t most = 0;
  static Count Exactly(size_t count) { return {count, count}; }
  static Count UpTo(size_t count) { return {0, count}; }
};

std::string PackI32(std::span<const int32_t> values);
absl::StatusOr<std::vector<int32_t>> UnpackI32(std::string_view bytes,
                                               Count count,
                                               std::string_view field);

std::string PackU16(std::span<const uint16_t> values);
absl::StatusOr<std::vector<uint16_t>> UnpackU16(std::string_view bytes,
                                                Count count,
                                                std::string_view field);

// As float16. Unpacking also refuses what is not finite.
std::string PackF16(std::span<const float> values);
absl::StatusOr<std::vector<float>> UnpackF16(std::string_view bytes,
                                             Count count,
                                             std::string_view field);

}  // namespace mdrl

#endif  // MDRL_COMMON_WIRE_PACKED_H_
