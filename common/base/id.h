// Strong types for the 128-bit identifiers, and the 256-bit digest.
//
// Plain values. A GroupId prints as "g" and the first 6 bytes in hex.
#ifndef MDRL_COMMON_BASE_ID_H_
#define MDRL_COMMON_BASE_ID_H_

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mdrl {

// Policy versions: dense from 0 within a run; trusted only with a manifest
// hash.
using Version = uint64_t;

// `Tag` keeps ids of different things apart; N is the size in bytes.
template <typename Tag, size_t N>
struct ByteId {
  std::array<uint8_t, N> bytes{};

  // nullopt unless `raw` has exactly N bytes: the check for what a peer sent.
  static std::optional<ByteId> FromBytes(std::string_view raw) {
    if (raw.size() != N) return std::nullopt;
    ByteId id;
    for (size_t i = 0; i < N; ++i) id.bytes[i] = static_cast<uint8_t>(raw[i]);
    return id;
  }
  std::string ToBytes() const {
    return std::string(bytes.begin(), bytes.end());
  }
  std::string ToHex(size_t first_bytes = N) const {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    for (size_t i = 0; i < first_bytes && i < N; ++i) {
      out += kDigits[bytes[i] >> 4];
      out += kDigits[bytes[i] & 15];
    }
    return out;
  }
  bool IsZero() const { return *this == ByteId{}; }

  friend auto operator<=>(const ByteId&, const ByteId&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const ByteId& id) {
    return H::combine(std::move(h), id.bytes);
  }
};

using Digest = ByteId<struct DigestTag, 32>;        // SHA-256
using ChunkHash = ByteId<struct ChunkHashTag, 16>;  // XXH3-128, big endian
using GroupId = ByteId<struct GroupTag, 16>;
using RunId = ByteId<struct RunTag, 16>;
using RegistrationId = ByteId<struct RegistrationTag, 16>;
using RequestId = ByteId<struct RequestTag, 16>;
using BootId = ByteId<struct BootTag, 16>;
using EvaluationId = ByteId<struct EvaluationTag, 16>;

// g3f09c1d2ab47, as logs, dashboards and mdrlctl print a group.
inline std::string Print(const GroupId& id) { return "g" + id.ToHex(6); }

}  // namespace mdrl

#endif  // MDRL_COMMON_BASE_ID_H_
