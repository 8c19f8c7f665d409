#include "common/wire/packed.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/wire/fields.h"
#include "common/wire/half.h"

namespace mdrl {
namespace {

void AppendU16(uint16_t value, std::string& out) {
  out += static_cast<char>(value & 0xFF);
  out += static_cast<char>(value >> 8);
}

uint16_t U16At(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[at]) |
                               static_cast<uint8_t>(bytes[at + 1]) << 8);
}

uint32_t U32At(std::string_view bytes, size_t at) {
  return U16At(bytes, at) | static_cast<uint32_t>(U16At(bytes, at + 2)) << 16;
}

absl::Status CheckBytes(std::string_view bytes, size_t entry_bytes, Count count,
                        std::string_view field) {
  const size_t entries = bytes.size() / entry_bytes;
  if (bytes.size() % entry_bytes == 0 && entries >= count.least &&
      entries <= count.most) {
    return absl::OkStatus();
  }
  return BadField(field, absl::StrCat("has ", bytes.size(), " bytes, not ",
                                      count.least == count.most ? "" : "up to ",
                                      count.most * entry_bytes,
                                      " in entries of ", entry_bytes));
}

}  // namespace

std::string PackI32(std::span<const int32_t> values) {
  std::string out;
  out.reserve(values.size() * 4);
  for (const int32_t value : values) {
    const auto bits = static_cast<uint32_t>(value);
    AppendU16(static_cast<uint16_t>(bits & 0xFFFF), out);
    AppendU16(static_cast<uint16_t>(bits >> 16), out);
  }
  return out;
}

absl::StatusOr<std::vector<int32_t>> UnpackI32(std::string_view bytes,
                                               Count count,
                                               std::string_view field) {
  MDRL_RETURN_IF_ERROR(CheckBytes(bytes, 4, count, field));
  std::vector<int32_t> values(bytes.size() / 4);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<int32_t>(U32At(bytes, 4 * i));
  }
  return values;
}

std::string PackU16(std::span<const uint16_t> values) {
  std::string out;
  out.reserve(values.size() * 2);
  for (const uint16_t value : values) AppendU16(value, out);
  return out;
}

absl::StatusOr<std::vector<uint16_t>> UnpackU16(std::string_view bytes,
                                                Count count,
                                                std::string_view field) {
  MDRL_RETURN_IF_ERROR(CheckBytes(bytes, 2, count, field));
  std::vector<uint16_t> values(bytes.size() / 2);
  for (size_t i = 0; i < values.size(); ++i) values[i] = U16At(bytes, 2 * i);
  return values;
}

std::string PackF16(std::span<const float> values) {
  std::string out;
  out.reserve(values.size() * 2);
  for (const float value : values) AppendU16(FloatToHalf(value), out);
  return out;
}

absl::StatusOr<std::vector<float>> UnpackF16(std::string_view bytes,
                                             Count count,
                                             std::string_view field) {
  MDRL_RETURN_IF_ERROR(CheckBytes(bytes, 2, count, field));
  std::vector<float> values(bytes.size() / 2);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = HalfToFloat(U16At(bytes, 2 * i));
    if (!std::isfinite(values[i])) {
      return BadField(field, absl::StrCat("entry ", i, " is not finite"));
    }
  }
  return values;
}

}  // namespace mdrl
