// A snapshot under construction: from a manifest and verified chunks to the
// finished value.
//
// Neither gRPC nor protobuf nor threads: whoever fetches hands the bytes in.
#ifndef MDRL_COMMON_POLICY_ASSEMBLY_H_
#define MDRL_COMMON_POLICY_ASSEMBLY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/record/snapshot.h"

namespace mdrl {

// Chunks first .. first+count-1.
struct ChunkRange {
  uint32_t first = 0;
  uint32_t count = 0;
  friend bool operator==(const ChunkRange&, const ChunkRange&) = default;
};

// Where received chunks go. Each chunk is a Place(), a write and an Accept();
// an error from either ends the fetch with that error.
class ChunkSink {
 public:
  virtual ~ChunkSink() = default;
  // Room for chunk `index`, which has arrived with `size` bytes.
  virtual absl::StatusOr<std::span<char>> Place(uint32_t index,
                                                size_t size) = 0;
  // The room of the last Place(index, ..) has been filled.
  virtual absl::Status Accept(uint32_t index) = 0;
};

// Keeps what it has accepted when a fetch breaks off: Missing() says what to
// ask for next. Not thread-safe, except bytes_done().
class SnapshotAssembly : public ChunkSink {
 public:
  // Checks the manifest before a byte is fetched. DataLoss: the bytes do not
  // hash to `manifest_sha256`, or the manifest contradicts itself;
  // ResourceExhausted: over `max_bytes`; or the codec's error.
  static absl::StatusOr<std::unique_ptr<SnapshotAssembly>> Create(
      std::string manifest_bytes, const Digest& manifest_sha256,
      uint64_t max_bytes, const ManifestCodec& codec);

  const Manifest& manifest() const { return snapshot_->manifest; }

  // Copies every missing chunk whose hash `source` has too; returns how many.
  uint32_t Reuse(const Snapshot& source);

  // What is still to be fetched, in order, neighbours joined.
  std::vector<ChunkRange> Missing() const;

  // InvalidArgument: no such chunk, one that is here already, or of the wrong
  // size. DataLoss naming the chunk: its hash differs; it stays missing.
  absl::StatusOr<std::span<char>> Place(uint32_t index, size_t size) override;
  absl::Status Accept(uint32_t index) override;

  // Place, copy and Accept in one.
  absl::Status Put(uint32_t index, std::string_view bytes);

  // From any thread.
  uint64_t bytes_done() const {
    return bytes_done_.load(std::memory_order_relaxed);
  }

  // The whole snapshot, verified once more. FailedPrecondition while a chunk
  // is missing. REQUIRES: not called again after it succeeded.
  absl::StatusOr<std::shared_ptr<const Snapshot>> Finish();

 private:
  explicit SnapshotAssembly(std::shared_ptr<Snapshot> snapshot);
  size_t ChunkOffset(uint32_t index) const;
  size_t ChunkSize(uint32_t index) const;
  void MarkPresent(uint32_t index);

  std::shared_ptr<Snapshot> snapshot_;
  std::vector<bool> present_;  // by chunk
  uint32_t missing_;
  std::atomic<uint64_t> bytes_done_{0};
};

}  // namespace mdrl

#endif  // MDRL_COMMON_POLICY_ASSEMBLY_H_
