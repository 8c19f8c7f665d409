// Manifests as a few printed numbers, for tests that need no protobuf.
#ifndef MDRL_TESTS_COMMON_POLICY_PLAIN_MANIFEST_CODEC_H_
#define MDRL_TESTS_COMMON_POLICY_PLAIN_MANIFEST_CODEC_H_

#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/record/snapshot.h"

namespace mdrl {

// Knows one tensor at most, called "w"; everything a snapshot's identity needs.
inline ManifestCodec PlainManifestCodec() {
  ManifestCodec codec;
  codec.encode = [](const Manifest& m) {
    std::ostringstream out;
    out << m.run_id.ToHex() << ' ' << m.epoch << ' ' << m.version << ' '
        << m.base_model_hash.ToHex() << ' ' << m.content_sha256.ToHex() << ' '
        << m.total_bytes << ' ' << m.chunk_bytes << ' '
        << m.chunk_xxh3_128.size();
    for (const ChunkHash& hash : m.chunk_xxh3_128) out << ' ' << hash.ToHex();
    return out.str();
  };
  codec.decode = [](std::string_view bytes) -> absl::StatusOr<Manifest> {
    std::istringstream in{std::string(bytes)};
    const auto read = [&in](auto& id) {
      std::string hex;
      in >> hex;
      for (size_t i = 0; i < id.bytes.size() && 2 * i + 1 < hex.size(); ++i) {
        id.bytes[i] =
            static_cast<uint8_t>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
      }
    };
    Manifest m;
    size_t chunks = 0;
    read(m.run_id);
    in >> m.epoch >> m.version;
    read(m.base_model_hash);
    read(m.content_sha256);
    in >> m.total_bytes >> m.chunk_bytes >> chunks;
    for (size_t i = 0; i < chunks && in; ++i) {
      read(m.chunk_xxh3_128.emplace_back());
    }
    if (!in) return absl::InvalidArgumentError("not a manifest");
    return m;
  };
  return codec;
}

// `chunks` whole chunks and `tail` bytes, filled from `seed`; equal seeds
// make equal bytes up to the shorter length.
inline std::shared_ptr<const Snapshot> PlainSnapshot(Version version,
                                                     size_t chunks, size_t tail,
                                                     uint32_t seed) {
  Manifest manifest;
  manifest.version = version;
  std::string bytes(chunks * size_t{kChunkBytes} + tail, '\0');
  uint32_t state = seed * 2654435761u + 1;
  for (char& byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<char>(state >> 24);
  }
  return MakeSnapshot(std::move(manifest), std::move(bytes),
                      PlainManifestCodec());
}

}  // namespace mdrl

#endif  // MDRL_TESTS_COMMON_POLICY_PLAIN_MANIFEST_CODEC_H_
