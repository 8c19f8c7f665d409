#include "common/record/snapshot.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/hash.h"

namespace mdrl {
namespace {

std::vector<ChunkHash> HashChunks(std::string_view bytes,
                                  uint32_t chunk_bytes) {
  std::vector<ChunkHash> hashes;
  for (size_t at = 0; at < bytes.size(); at += chunk_bytes) {
    hashes.push_back(Xxh3(bytes.substr(at, chunk_bytes)));
  }
  return hashes;
}

}  // namespace

Digest ManifestContentSha256(const Manifest& manifest) {
  Sha256 hash;
  hash.U32(static_cast<uint32_t>(manifest.encoding));
  hash.U64(manifest.tensors.size());
  for (const TensorEntry& tensor : manifest.tensors) {
    hash.String(tensor.name).String(tensor.dtype).U64(tensor.shape.size());
    for (const uint64_t size : tensor.shape) hash.U64(size);
    hash.U64(tensor.offset).U64(tensor.bytes);
  }
  hash.U64(manifest.chunk_xxh3_128.size());
  for (const ChunkHash& chunk : manifest.chunk_xxh3_128) hash.Bytes(chunk);
  return hash.Finish();
}

std::shared_ptr<const Snapshot> MakeSnapshot(Manifest manifest,
                                             std::string bytes,
                                             const ManifestCodec& codec) {
  manifest.total_bytes = bytes.size();
  manifest.chunk_bytes = kChunkBytes;
  manifest.chunk_xxh3_128 = HashChunks(bytes, kChunkBytes);
  manifest.content_sha256 = ManifestContentSha256(manifest);
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->manifest_bytes = codec.encode(manifest);
  snapshot->manifest_sha256 = Sha256Of(snapshot->manifest_bytes);
  snapshot->manifest = std::move(manifest);
  snapshot->bytes = std::move(bytes);
  return snapshot;
}

absl::Status VerifySnapshot(const Snapshot& snapshot) {
  const Manifest& manifest = snapshot.manifest;
  const std::string name = absl::StrCat("policy ", manifest.version);
  if (snapshot.bytes.size() != manifest.total_bytes) {
    return absl::DataLossError(absl::StrCat(name, ": ", snapshot.bytes.size(),
                                            " bytes, its manifest says ",
                                            manifest.total_bytes));
  }
  if (manifest.chunk_bytes == 0) {
    return absl::DataLossError(absl::StrCat(name, ": chunk size 0"));
  }
  const auto hashes = HashChunks(snapshot.bytes, manifest.chunk_bytes);
  if (hashes.size() != manifest.chunk_xxh3_128.size()) {
    return absl::DataLossError(absl::StrCat(name, ": ", hashes.size(),
                                            " chunks, its manifest lists ",
                                            manifest.chunk_xxh3_128.size()));
  }
  for (size_t i = 0; i < hashes.size(); ++i) {
    if (hashes[i] != manifest.chunk_xxh3_128[i]) {
      return absl::DataLossError(
          absl::StrCat(name, ": the hash of chunk ", i, " differs"));
    }
  }
  for (const TensorEntry& tensor : manifest.tensors) {
    if (tensor.offset > manifest.total_bytes ||
        tensor.bytes > manifest.total_bytes - tensor.offset) {
      return absl::DataLossError(absl::StrCat(name, ": tensor ", tensor.name,
                                              " lies outside the bytes"));
    }
  }
  if (ManifestContentSha256(manifest) != manifest.content_sha256) {
    return absl::DataLossError(absl::StrCat(name, ": content hash differs"));
  }
  if (Sha256Of(snapshot.manifest_bytes) != snapshot.manifest_sha256) {
    return absl::DataLossError(absl::StrCat(name, ": manifest hash differs"));
  }
  return absl::OkStatus();
}

}  // namespace mdrl
