// SHA-256 for identity and XXH3-128 for finding accidents, in the byte layout
// of docs/protocol.md.
//
// Numbers are little endian; strings and lists are preceded by their length
// as u64; fixed-size ids and digests go in as they stand.
//
//   const Digest id =
//   Sha256().String("mdrl.group.v1").U32(1).Bytes(set).Finish();
#ifndef MDRL_COMMON_BASE_HASH_H_
#define MDRL_COMMON_BASE_HASH_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "common/base/id.h"

namespace mdrl {

// An incremental SHA-256. Not thread-safe; movable; Finish() ends it.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  Sha256& Raw(const void* data, size_t size);
  // Fixed-size or already framed bytes: no length in front.
  Sha256& Bytes(std::string_view bytes) {
    return Raw(bytes.data(), bytes.size());
  }
  template <typename Tag, size_t N>
  Sha256& Bytes(const ByteId<Tag, N>& id) {
    return Raw(id.bytes.data(), N);
  }
  // Variable-size text: its length as u64, then the bytes.
  Sha256& String(std::string_view text) { return U64(text.size()).Bytes(text); }
  Sha256& U16(uint16_t value);
  Sha256& U32(uint32_t value);
  Sha256& U64(uint64_t value);
  // The bits of the double as u64.
  Sha256& F64(double value);

  // REQUIRES: not called before on this object.
  Digest Finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

Digest Sha256Of(std::string_view bytes);

// XXH3-128 with seed 0, canonical (big-endian) byte order.
ChunkHash Xxh3(std::string_view bytes);

}  // namespace mdrl

#endif  // MDRL_COMMON_BASE_HASH_H_
