#include "common/policy/assembly.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

// What must hold before memory is set aside for the bytes: sizes that agree
// with each other, tensors inside the bytes, and the hash over the tables.
absl::Status CheckManifest(const Manifest& manifest, uint64_t max_bytes) {
  const std::string name = absl::StrCat("policy ", manifest.version);
  if (manifest.chunk_bytes == 0 || manifest.chunk_bytes > kChunkBytes) {
    return absl::DataLossError(
        absl::StrCat(name, ": chunks of ", manifest.chunk_bytes,
                     " bytes; 1 to ", kChunkBytes, " are possible"));
  }
  if (manifest.total_bytes > max_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(name, ": ", manifest.total_bytes,
                     " bytes; this process takes at most ", max_bytes));
  }
  const uint64_t chunks =
      manifest.total_bytes / manifest.chunk_bytes +
      (manifest.total_bytes % manifest.chunk_bytes == 0 ? 0 : 1);
  if (chunks != manifest.chunk_xxh3_128.size()) {
    return absl::DataLossError(absl::StrCat(
        name, ": ", manifest.total_bytes, " bytes make ", chunks,
        " chunks, the manifest lists ", manifest.chunk_xxh3_128.size()));
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
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<SnapshotAssembly>> SnapshotAssembly::Create(
    std::string manifest_bytes, const Digest& manifest_sha256,
    uint64_t max_bytes, const ManifestCodec& codec) {
  if (Sha256Of(manifest_bytes) != manifest_sha256) {
    return absl::DataLossError(absl::StrCat(
        "the manifest's bytes do not hash to ", manifest_sha256.ToHex(6)));
  }
  auto snapshot = std::make_shared<Snapshot>();
  MDRL_ASSIGN_OR_RETURN(snapshot->manifest, codec.decode(manifest_bytes));
  MDRL_RETURN_IF_ERROR(CheckManifest(snapshot->manifest, max_bytes));
  snapshot->manifest_bytes = std::move(manifest_bytes);
  snapshot->manifest_sha256 = manifest_sha256;
  snapshot->bytes.resize(snapshot->manifest.total_bytes);
  return std::unique_ptr<SnapshotAssembly>(
      new SnapshotAssembly(std::move(snapshot)));
}

SnapshotAssembly::SnapshotAssembly(std::shared_ptr<Snapshot> snapshot)
    : snapshot_(std::move(snapshot)),
      present_(snapshot_->manifest.chunk_xxh3_128.size(), false),
      missing_(static_cast<uint32_t>(present_.size())) {}

uint32_t SnapshotAssembly::Reuse(const Snapshot& source) {
  absl::flat_hash_map<ChunkHash, uint32_t> offered;
  const Manifest& theirs = source.manifest;
  for (uint32_t i = 0; i < theirs.chunk_xxh3_128.size(); ++i) {
    offered.emplace(theirs.chunk_xxh3_128[i], i);
  }
  uint32_t reused = 0;
  for (uint32_t i = 0; i < present_.size(); ++i) {
    if (present_[i]) continue;
    const auto it = offered.find(manifest().chunk_xxh3_128[i]);
    if (it == offered.end()) continue;
    const std::string_view bytes =
        std::string_view(source.bytes)
            .substr(uint64_t{it->second} * theirs.chunk_bytes,
                    theirs.chunk_bytes);
    // Equal hashes of unequal sizes would be a chance of 2^-128; cheap to ask.
    if (bytes.size() != ChunkSize(i)) continue;
    std::memcpy(snapshot_->bytes.data() + ChunkOffset(i), bytes.data(),
                bytes.size());
    MarkPresent(i);
    ++reused;
  }
  return reused;
}

std::vector<ChunkRange> SnapshotAssembly::Missing() const {
  std::vector<ChunkRange> ranges;
  for (uint32_t i = 0; i < present_.size(); ++i) {
    if (present_[i]) continue;
    if (!ranges.empty() && ranges.back().first + ranges.back().count == i) {
      ++ranges.back().count;
    } else {
      ranges.push_back({i, 1});
    }
  }
  return ranges;
}

absl::StatusOr<std::span<char>> SnapshotAssembly::Place(uint32_t index,
                                                        size_t size) {
  if (index >= present_.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("chunk ", index, " of policy ", manifest().version,
                     ", which has ", present_.size()));
  }
  if (present_[index]) {
    return absl::InvalidArgumentError(absl::StrCat(
        "chunk ", index, " of policy ", manifest().version, " came twice"));
  }
  if (size != ChunkSize(index)) {
    return absl::InvalidArgumentError(
        absl::StrCat("chunk ", index, " of policy ", manifest().version,
                     " has ", size, " bytes instead of ", ChunkSize(index)));
  }
  return std::span<char>(snapshot_->bytes.data() + ChunkOffset(index), size);
}

absl::Status SnapshotAssembly::Accept(uint32_t index) {
  MDRL_CHECK(index < present_.size() && !present_[index]) << index;
  const std::string_view bytes =
      std::string_view(snapshot_->bytes)
          .substr(ChunkOffset(index), ChunkSize(index));
  if (Xxh3(bytes) != manifest().chunk_xxh3_128[index]) {
    return absl::DataLossError(absl::StrCat("policy ", manifest().version,
                                            ": the hash of chunk ", index,
                                            " differs"));
  }
  MarkPresent(index);
  return absl::OkStatus();
}

absl::Status SnapshotAssembly::Put(uint32_t index, std::string_view bytes) {
  MDRL_ASSIGN_OR_RETURN(const std::span<char> room, Place(index, bytes.size()));
  std::copy(bytes.begin(), bytes.end(), room.begin());
  return Accept(index);
}

absl::StatusOr<std::shared_ptr<const Snapshot>> SnapshotAssembly::Finish() {
  MDRL_CHECK(snapshot_ != nullptr) << "Finish() twice";
  if (missing_ > 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("policy ", manifest().version, ": ", missing_, " of ",
                     present_.size(), " chunks are missing"));
  }
  MDRL_RETURN_IF_ERROR(VerifySnapshot(*snapshot_));
  return std::shared_ptr<const Snapshot>(std::move(snapshot_));
}

size_t SnapshotAssembly::ChunkOffset(uint32_t index) const {
  return uint64_t{index} * manifest().chunk_bytes;
}

size_t SnapshotAssembly::ChunkSize(uint32_t index) const {
  return std::min<uint64_t>(manifest().chunk_bytes,
                            manifest().total_bytes - ChunkOffset(index));
}

void SnapshotAssembly::MarkPresent(uint32_t index) {
  present_[index] = true;
  --missing_;
  bytes_done_.fetch_add(ChunkSize(index), std::memory_order_relaxed);
}

}  // namespace mdrl
