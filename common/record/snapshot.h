// A policy's weights as immutable bytes with a manifest. Torch-free and
// protobuf-free.
//
// Shared as std::shared_ptr<const Snapshot>: whoever holds one may read it from
// any thread.
#ifndef MDRL_COMMON_RECORD_SNAPSHOT_H_
#define MDRL_COMMON_RECORD_SNAPSHOT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/id.h"

namespace mdrl {

// 2 MiB: the fastest chunk of every size measured; gRPC's default limit is 4
// MiB with framing.
inline constexpr uint32_t kChunkBytes = 2u << 20;

enum class Encoding : uint32_t { kUnspecified, kAdapter, kFull };
enum class Cause : uint32_t { kUnspecified, kInitial, kRound, kRollback };

struct TensorEntry {
  std::string name;
  std::string dtype;  // safetensors spelling: F32, BF16, ...
  std::vector<uint64_t> shape;
  uint64_t offset = 0;  // into the snapshot's bytes
  uint64_t bytes = 0;
  friend bool operator==(const TensorEntry&, const TensorEntry&) = default;
};

// A small forward whose result the receiver repeats before it uses the weights.
struct Canary {
  std::vector<int32_t> tokens;
  std::vector<int32_t> positions;
  std::vector<int32_t> argmax;
  std::vector<float> logp;
  float tolerance = 0.0f;
  friend bool operator==(const Canary&, const Canary&) = default;
};

struct Manifest {
  RunId run_id;
  uint64_t epoch = 0;
  Version version = 0;
  uint64_t round = 0;
  uint64_t step = 0;
  Cause cause = Cause::kUnspecified;
  Encoding encoding = Encoding::kUnspecified;
  Digest base_model_hash;
  Digest content_sha256;  // over encoding, tensor table, chunk hashes
  uint64_t total_bytes = 0;
  uint32_t chunk_bytes = kChunkBytes;
  std::vector<ChunkHash> chunk_xxh3_128;
  std::vector<TensorEntry> tensors;
  Canary canary;
  std::string adapter_config_json;
  friend bool operator==(const Manifest&, const Manifest&) = default;
};

// Names a policy; the version is trusted only together with the hash.
struct PolicyRef {
  std::optional<Version> version;
  Digest manifest_sha256;
  friend bool operator==(const PolicyRef&, const PolicyRef&) = default;
};

struct Snapshot {
  Manifest manifest;
  std::string manifest_bytes;  // serialised, exactly as hashed and sent
  Digest manifest_sha256;      // SHA-256 of manifest_bytes
  std::string bytes;           // total_bytes of tensors
  PolicyRef ref() const { return {manifest.version, manifest_sha256}; }
};

// Serialisation is handed in by whoever knows the wire format.
struct ManifestCodec {
  std::function<std::string(const Manifest&)> encode;
  std::function<absl::StatusOr<Manifest>(std::string_view)> decode;
};

// SHA-256 over encoding (u32), tensor table (list of: name, dtype, shape list
// of u64, offset, bytes) and chunk hashes (list): equal bytes, equal hash.
Digest ManifestContentSha256(const Manifest& manifest);

// Fills total_bytes, chunk_bytes, chunk hashes and content hash from `bytes`,
// encodes the manifest and hashes it.
// REQUIRES: manifest.tensors cover `bytes`.
std::shared_ptr<const Snapshot> MakeSnapshot(Manifest manifest,
                                             std::string bytes,
                                             const ManifestCodec& codec);

// DataLoss naming what differs: total size, a chunk's hash, the content hash,
// the manifest's own hash, or a tensor outside the bytes.
absl::Status VerifySnapshot(const Snapshot& snapshot);

}  // namespace mdrl

#endif  // MDRL_COMMON_RECORD_SNAPSHOT_H_
