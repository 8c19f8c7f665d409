// Philox4x32-10, the only source of randomness, and the stream table that says
// which number belongs to what.
//
// Counter-based (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011): a number is a pure function of key and counter, so no draw depends
// on the worker, the batch, the attempt or the thread that makes it.
//
// Key: the first 8 bytes of SHA-256("mdrl.philox", u64 run seed, u32 purpose,
// 16-byte id) as a little-endian u64, low word first. Counter words c0..c3 per
// stream; c3 = stream * 2^24 + low bits; output word j serves number 4*c0 + j.
//
//   stream          id in the key            c0          c1                c2
//   low bits of c3 1 prompt order  set_sha256[0:16]         index/4     pass 0
//   0 2 Gumbel        group_id                 token/4     canvas position
//   decode step    completion 3 remasking     group_id position/4  0 decode
//   step    completion 4 corruption    group_id                 draw/4      0:
//   all samples,   use*2^16 +     completion, or 2^24-1:
//                                                        else sample + 1   step
//                                                        in round  once for the
//                                                        group
//   5 init          SHA-256(name)[0:16]      element/4   0                 0 0
//   6 SFT           stage number, u128       draw/4      row               step
//   0
//
// Streams 5 and 6 use purpose 0. Everything here is constexpr-simple and
// thread-safe.
#ifndef MDRL_COMMON_BASE_PHILOX_H_
#define MDRL_COMMON_BASE_PHILOX_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace mdrl {

enum class Stream : uint32_t {
  kPromptOrder = 1,
  kGumbel = 2,
  kRemasking = 3,
  kCorruption = 4,
  kInit = 5,
  kSft = 6,
};

using PhiloxWords = std::array<uint32_t, 4>;

// One block of the generator: ten rounds over `counter` with `key` (low word
// first).
constexpr PhiloxWords Philox4x32(PhiloxWords counter, uint64_t key) {
  uint32_t k0 = static_cast<uint32_t>(key);
  uint32_t k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * counter[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(p1 >> 32) ^ counter[1] ^ k0,
               static_cast<uint32_t>(p1),
               static_cast<uint32_t>(p0 >> 32) ^ counter[3] ^ k1,
               static_cast<uint32_t>(p0)};
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return counter;
}

// ((x >> 9) + 1/2) * 2^-23: exact in float32, never 0 and never 1.
constexpr float PhiloxUniform(uint32_t x) {
  return (static_cast<float>(x >> 9) + 0.5f) * 0x1p-23f;
}

// Uniform on 0..n-1: (x * n) >> 32. REQUIRES: n > 0.
constexpr uint32_t PhiloxBelow(uint32_t x, uint32_t n) {
  return static_cast<uint32_t>((uint64_t{x} * n) >> 32);
}

// Key of a stream's numbers. `id` is the 16 bytes that the table names.
uint64_t PhiloxKey(uint64_t run_seed, uint32_t purpose,
                   std::span<const uint8_t, 16> id);

// The numbers of one (key, stream, c1, c2, low) line of the table, in order
// or by index. A value; cheap to make.
class PhiloxSequence {
 public:
  // REQUIRES: low < 2^24.
  PhiloxSequence(uint64_t key, Stream stream, uint32_t c1, uint32_t c2,
                 uint32_t low);

  // Number `index`, whatever was drawn before.
  uint32_t At(uint64_t index) const;

  // The next numbers in order, from 0.
  uint32_t Next() { return At(next_++); }
  float NextUniform() { return PhiloxUniform(Next()); }
  uint32_t NextBelow(uint32_t n) { return PhiloxBelow(Next(), n); }
  // A permutation of 0..n-1: indices ordered by their word, ties by index.
  // Uses n numbers.
  std::vector<int32_t> NextPermutation(int n);

  // Words first .. first+out.size()-1, a whole block at a time.
  void Fill(uint64_t first, std::span<uint32_t> out) const;

 private:
  uint64_t key_;
  PhiloxWords counter_;  // c0 is replaced by index / 4
  uint64_t next_ = 0;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_BASE_PHILOX_H_
