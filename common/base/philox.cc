#include "common/base/philox.h"

#include <algorithm>
#include <numeric>

#include "common/base/hash.h"
#include "common/base/log.h"

namespace mdrl {

uint64_t PhiloxKey(uint64_t run_seed, uint32_t purpose,
                   std::span<const uint8_t, 16> id) {
  const Digest digest = Sha256()
                            .String("mdrl.philox")
                            .U64(run_seed)
                            .U32(purpose)
                            .Raw(id.data(), id.size())
                            .Finish();
  uint64_t key = 0;
  for (int i = 0; i < 8; ++i) key |= uint64_t{digest.bytes[i]} << (8 * i);
  return key;
}

PhiloxSequence::PhiloxSequence(uint64_t key, Stream stream, uint32_t c1,
                               uint32_t c2, uint32_t low)
    : key_(key),
      counter_{0, c1, c2, (static_cast<uint32_t>(stream) << 24) + low} {
  MDRL_CHECK(low < (1u << 24)) << "low bits of c3 are 24 wide";
}

uint32_t PhiloxSequence::At(uint64_t index) const {
  PhiloxWords counter = counter_;
  counter[0] = static_cast<uint32_t>(index / 4);
  return Philox4x32(counter, key_)[index % 4];
}

std::vector<int32_t> PhiloxSequence::NextPermutation(int n) {
  std::vector<uint32_t> words(n);
  Fill(next_, words);
  next_ += n;
  std::vector<int32_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&words](int32_t a, int32_t b) {
    return words[a] < words[b];
  });
  return order;
}

void PhiloxSequence::Fill(uint64_t first, std::span<uint32_t> out) const {
  PhiloxWords counter = counter_;
  size_t i = 0;
  while (i < out.size()) {
    const uint64_t index = first + i;
    counter[0] = static_cast<uint32_t>(index / 4);
    const PhiloxWords words = Philox4x32(counter, key_);
    for (size_t j = index % 4; j < 4 && i < out.size(); ++j) {
      out[i++] = words[j];
    }
  }
}

}  // namespace mdrl
