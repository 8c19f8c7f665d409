// The JSON header of a safetensors file: what it says, and the checks that
// make it trustworthy. safetensors.h reads and writes whole files.
//
// Functions without state; safe from any thread.
#ifndef MDRL_COMMON_FORMAT_SAFETENSORS_HEADER_H_
#define MDRL_COMMON_FORMAT_SAFETENSORS_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mdrl {

inline constexpr uint64_t kMaxSafetensorsHeaderBytes =
    100'000'000;  // the format's own limit
inline constexpr char kSafetensorsMetadataKey[] = "__metadata__";

// Size of one element in bits ("F32" -> 32, "F4" -> 4); nullopt: not a dtype of
// the format.
std::optional<uint32_t> DtypeBits(std::string_view dtype);

// Place of `dtype` in the reference library's enumeration, narrow to wide: its
// writer sorts by it. nullopt: not a dtype of the format.
std::optional<size_t> DtypeOrder(std::string_view dtype);

// Bytes that `shape` of `dtype` takes, or why there is no such number.
absl::StatusOr<uint64_t> TensorBytes(std::string_view dtype,
                                     std::span<const uint64_t> shape);

// What a header says; offsets are relative to the buffer behind the header.
struct SafetensorsHeader {
  struct Entry {
    std::string dtype;
    std::vector<uint64_t> shape;
    uint64_t begin = 0;
    uint64_t end = 0;
  };
  std::map<std::string, Entry, std::less<>> tensors;
  std::map<std::string, std::string> metadata;
};

// Parses and validates the header's JSON for a buffer of `buffer_bytes`.
// InvalidArgument names the tensor and what is wrong.
absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(std::string_view json,
                                                         uint64_t buffer_bytes);

}  // namespace mdrl

#endif  // MDRL_COMMON_FORMAT_SAFETENSORS_HEADER_H_
