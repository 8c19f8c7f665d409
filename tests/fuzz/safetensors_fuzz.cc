// The header of a safetensors file: what parses must tile its buffer.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/log.h"
#include "common/format/safetensors_header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // The last byte is the buffer's size.
  if (size == 0) return 0;
  const uint64_t buffer = data[size - 1];
  const auto header = mdrl::ParseSafetensorsHeader(
      {reinterpret_cast<const char*>(data), size - 1}, buffer);
  if (!header.ok()) return 0;
  uint64_t filled = 0;
  for (const auto& [name, entry] : header->tensors) {
    const auto bytes = mdrl::TensorBytes(entry.dtype, entry.shape);
    MDRL_CHECK(bytes.ok() && entry.begin <= entry.end && entry.end <= buffer &&
               *bytes == entry.end - entry.begin)
        << "a tensor that does not fit was let through";
    filled += *bytes;
  }
  MDRL_CHECK(filled == buffer) << "a hole was let through";
  return 0;
}
