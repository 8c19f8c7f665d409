#include "common/base/hash.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include <bit>
#include <cstring>

#include "common/base/log.h"

namespace mdrl {
namespace {

template <typename T>
void PutLittleEndian(Sha256& hash, T value) {
  uint8_t out[sizeof(T)];
  for (size_t i = 0; i < sizeof(T); ++i) {
    out[i] = static_cast<uint8_t>(value >> (8 * i));
  }
  hash.Raw(out, sizeof(T));
}

}  // namespace

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(evp); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  MDRL_CHECK(EVP_DigestInit_ex(context_->evp, EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::Raw(const void* data, size_t size) {
  MDRL_CHECK(EVP_DigestUpdate(context_->evp, data, size) == 1);
  return *this;
}
Sha256& Sha256::U16(uint16_t value) {
  PutLittleEndian(*this, value);
  return *this;
}
Sha256& Sha256::U32(uint32_t value) {
  PutLittleEndian(*this, value);
  return *this;
}
Sha256& Sha256::U64(uint64_t value) {
  PutLittleEndian(*this, value);
  return *this;
}
Sha256& Sha256::F64(double value) {
  return U64(std::bit_cast<uint64_t>(value));
}

Digest Sha256::Finish() {
  Digest out;
  unsigned int size = 0;
  MDRL_CHECK(EVP_DigestFinal_ex(context_->evp, out.bytes.data(), &size) == 1);
  MDRL_CHECK(size == out.bytes.size());
  return out;
}

Digest Sha256Of(std::string_view bytes) {
  return Sha256().Bytes(bytes).Finish();
}

ChunkHash Xxh3(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  ChunkHash out;
  std::memcpy(out.bytes.data(), canonical.digest, out.bytes.size());
  return out;
}

}  // namespace mdrl
