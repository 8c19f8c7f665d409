#include "common/format/weight_scan.h"

#include <cstddef>
#include <cstring>

namespace mdrl {
namespace {

template <typename Word>
uint64_t Count(std::string_view bytes, Word exponent) {
  uint64_t count = 0;
  for (size_t at = 0; at + sizeof(Word) <= bytes.size(); at += sizeof(Word)) {
    Word word;
    std::memcpy(&word, bytes.data() + at, sizeof(Word));
    count += (word & exponent) == exponent;
  }
  return count;
}

}  // namespace

uint64_t CountNonFinite(std::string_view dtype, std::string_view bytes) {
  if (dtype == "BF16") return Count<uint16_t>(bytes, 0x7F80);
  if (dtype == "F16") return Count<uint16_t>(bytes, 0x7C00);
  if (dtype == "F32") return Count<uint32_t>(bytes, 0x7F800000);
  if (dtype == "F64") return Count<uint64_t>(bytes, 0x7FF0000000000000);
  return 0;
}

}  // namespace mdrl
