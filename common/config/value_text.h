// How single values are written: numbers, durations, sizes; and the distance
// between two words.
//
// Pure functions. Parsers take the whole text or nothing; writers choose the
// shortest text that parses to the same value.
#ifndef MDRL_COMMON_CONFIG_VALUE_TEXT_H_
#define MDRL_COMMON_CONFIG_VALUE_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace mdrl {

// Decimal, without leading zeros: 0123 is refused, since YAML readers disagree
// whether it is 83.
std::optional<int64_t> ParseWholeNumber(std::string_view text);

// As ParseWholeNumber, beyond the int64 range.
std::optional<uint64_t> ParseUnsigned(std::string_view text);

// 0.9, 3e-6, -1, .5; not inf, nan, 0x10, 1_000.
std::optional<double> ParseNumber(std::string_view text);

// A number with ns, us, ms, s, m or h: 5ms, 1.5s. A bare 0 is a duration,
// any other bare number is not.
std::optional<absl::Duration> ParseDuration(std::string_view text);

// A number with B, KiB, MiB, GiB or TiB, whole in bytes: 512MiB. A bare 0 is
// a size, any other bare number is not.
std::optional<uint64_t> ParseBytes(std::string_view text);

std::string NumberText(double value);
std::string DurationText(absl::Duration value);
std::string BytesText(uint64_t value);

// Insertions, deletions, substitutions (Levenshtein).
size_t EditDistance(std::string_view a, std::string_view b);

}  // namespace mdrl

#endif  // MDRL_COMMON_CONFIG_VALUE_TEXT_H_
