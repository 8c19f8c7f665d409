#include "common/config/value_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace mdrl {
namespace {

struct DurationUnit {
  std::string_view name;
  int64_t nanoseconds;
};
constexpr std::array<DurationUnit, 6> kDurationUnits = {{
    {"h", 3'600'000'000'000},
    {"m", 60'000'000'000},
    {"s", 1'000'000'000},
    {"ms", 1'000'000},
    {"us", 1'000},
    {"ns", 1},
}};

struct ByteUnit {
  std::string_view name;
  uint64_t bytes;
};
constexpr std::array<ByteUnit, 5> kByteUnits = {{
    {"TiB", uint64_t{1} << 40},
    {"GiB", uint64_t{1} << 30},
    {"MiB", uint64_t{1} << 20},
    {"KiB", uint64_t{1} << 10},
    {"B", 1},
}};

bool HasLeadingZero(std::string_view digits) {
  return digits.size() > 1 && digits[0] == '0' &&
         absl::ascii_isdigit(digits[1]);
}

template <typename T>
std::optional<T> ParseWhole(std::string_view text) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  std::string_view digits = text;
  if (!digits.empty() && digits[0] == '-') digits.remove_prefix(1);
  if (digits.empty() || HasLeadingZero(digits)) return std::nullopt;
  T value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// Splits "1.5ms" into its number and its unit.
std::pair<std::string_view, std::string_view> SplitUnit(std::string_view text) {
  size_t unit = text.size();
  while (unit > 0 && absl::ascii_isalpha(text[unit - 1])) --unit;
  return {text.substr(0, unit), text.substr(unit)};
}

}  // namespace

std::optional<int64_t> ParseWholeNumber(std::string_view text) {
  return ParseWhole<int64_t>(text);
}

std::optional<uint64_t> ParseUnsigned(std::string_view text) {
  return ParseWhole<uint64_t>(text);
}

std::optional<double> ParseNumber(std::string_view text) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  std::string_view digits = text;
  if (!digits.empty() && digits[0] == '-') digits.remove_prefix(1);
  // from_chars would take "inf" and "nan".
  if (digits.empty() || HasLeadingZero(digits) ||
      !(absl::ascii_isdigit(digits[0]) || digits[0] == '.')) {
    return std::nullopt;
  }
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<absl::Duration> ParseDuration(std::string_view text) {
  if (text == "0") return absl::ZeroDuration();
  const auto [number, unit_name] = SplitUnit(text);
  for (const DurationUnit& unit : kDurationUnits) {
    if (unit.name != unit_name) continue;
    if (const auto whole = ParseWholeNumber(number)) {
      return *whole * absl::Nanoseconds(unit.nanoseconds);
    }
    const auto value = ParseNumber(number);
    if (!value) return std::nullopt;
    return absl::Nanoseconds(
        std::llround(*value * static_cast<double>(unit.nanoseconds)));
  }
  return std::nullopt;
}

std::optional<uint64_t> ParseBytes(std::string_view text) {
  if (text == "0") return 0;
  const auto [number, unit_name] = SplitUnit(text);
  for (const ByteUnit& unit : kByteUnits) {
    if (unit.name != unit_name) continue;
    const auto value = ParseNumber(number);
    if (!value || *value < 0) return std::nullopt;
    const double bytes = *value * static_cast<double>(unit.bytes);
    // 2^53: whole numbers are exact below it.
    if (bytes != std::floor(bytes) || bytes > 9007199254740992.0) {
      return std::nullopt;
    }
    return static_cast<uint64_t>(bytes);
  }
  return std::nullopt;
}

std::string NumberText(double value) {
  std::array<char, 64> buffer;
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  std::string text(buffer.data(), end);
  // "1" is written as 1.0: the reader sees that halves are possible.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string DurationText(absl::Duration value) {
  const int64_t total = absl::ToInt64Nanoseconds(value);
  if (total == 0) return "0s";
  for (const DurationUnit& unit : kDurationUnits) {
    // 90 s stays 90s, and 1800 s as well: minutes and hours are for reading
    // in, seconds compare at a glance.
    if (unit.name == "h" || unit.name == "m") continue;
    if (total % unit.nanoseconds == 0) {
      return absl::StrCat(total / unit.nanoseconds, std::string(unit.name));
    }
  }
  return absl::StrCat(total, "ns");
}

std::string BytesText(uint64_t value) {
  for (const ByteUnit& unit : kByteUnits) {
    if (value != 0 && value % unit.bytes == 0) {
      return absl::StrCat(value / unit.bytes, std::string(unit.name));
    }
  }
  return "0B";
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return row[b.size()];
}

}  // namespace mdrl
