#include "common/policy/assembly.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/hash.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/policy/plain_manifest_codec.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kRoom = 64u << 20;

std::string_view ChunkOf(const Snapshot& snapshot, uint32_t index) {
  return std::string_view(snapshot.bytes)
      .substr(size_t{index} * kChunkBytes, kChunkBytes);
}

std::unique_ptr<SnapshotAssembly> Begin(const Snapshot& snapshot) {
  auto assembly = SnapshotAssembly::Create(snapshot.manifest_bytes,
                                           snapshot.manifest_sha256, kRoom,
                                           PlainManifestCodec());
  EXPECT_TRUE(assembly.ok()) << assembly.status();
  return *std::move(assembly);
}

TEST(AssemblyTest, ChunksInAnyOrderMakeTheSnapshot) {
  const auto snapshot = PlainSnapshot(7, 2, 123, 1);
  const auto assembly = Begin(*snapshot);
  EXPECT_THAT(assembly->Missing(), ElementsAre(ChunkRange{0, 3}));
  for (const uint32_t i : {2, 0, 1}) {
    ASSERT_TRUE(assembly->Put(i, ChunkOf(*snapshot, i)).ok());
  }
  EXPECT_EQ(assembly->bytes_done(), snapshot->bytes.size());
  const auto made = assembly->Finish();
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ((*made)->bytes, snapshot->bytes);
  EXPECT_EQ((*made)->ref(), snapshot->ref());
  EXPECT_EQ((*made)->manifest, snapshot->manifest);
}

TEST(AssemblyTest, ABrokenOffFetchGoesOnWithWhatIsMissing) {
  const auto snapshot = PlainSnapshot(7, 4, 5, 1);
  const auto assembly = Begin(*snapshot);
  ASSERT_TRUE(assembly->Put(1, ChunkOf(*snapshot, 1)).ok());
  ASSERT_TRUE(assembly->Put(2, ChunkOf(*snapshot, 2)).ok());
  EXPECT_THAT(assembly->Missing(),
              ElementsAre(ChunkRange{0, 1}, ChunkRange{3, 2}));
  EXPECT_EQ(assembly->Finish().status().code(),
            absl::StatusCode::kFailedPrecondition);
  for (const ChunkRange& range : assembly->Missing()) {
    for (uint32_t i = range.first; i < range.first + range.count; ++i) {
      ASSERT_TRUE(assembly->Put(i, ChunkOf(*snapshot, i)).ok());
    }
  }
  EXPECT_TRUE(assembly->Finish().ok());
}

TEST(AssemblyTest, AWrongByteIsRefusedByTheChunksNumberAndMayComeAgain) {
  const auto snapshot = PlainSnapshot(7, 1, 9, 1);
  const auto assembly = Begin(*snapshot);
  std::string wrong(ChunkOf(*snapshot, 1));
  wrong[4] ^= 1;
  const absl::Status status = assembly->Put(1, wrong);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("chunk 1"));
  EXPECT_THAT(assembly->Missing(), ElementsAre(ChunkRange{0, 2}));
  EXPECT_TRUE(assembly->Put(1, ChunkOf(*snapshot, 1)).ok());
}

TEST(AssemblyTest, ForeignChunksAreRefused) {
  const auto snapshot = PlainSnapshot(7, 1, 9, 1);
  const auto assembly = Begin(*snapshot);
  const std::string nine(9, 'x');
  EXPECT_EQ(assembly->Put(2, nine).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(assembly->Put(0xFFFFFFFF, nine).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(assembly->Put(1, "short").code(),
            absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(assembly->Put(1, ChunkOf(*snapshot, 1)).ok());
  EXPECT_EQ(assembly->Put(1, ChunkOf(*snapshot, 1)).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(AssemblyTest, EqualChunksOfAnEarlierSnapshotAreNotFetched) {
  const auto before = PlainSnapshot(7, 2, 100, 1);
  std::string bytes = before->bytes;
  bytes[kChunkBytes + 1] ^= 1;
  Manifest manifest;
  manifest.version = 8;
  const auto after =
      MakeSnapshot(manifest, std::move(bytes), PlainManifestCodec());
  const auto assembly = Begin(*after);
  EXPECT_EQ(assembly->Reuse(*before), 2u);
  EXPECT_THAT(assembly->Missing(), ElementsAre(ChunkRange{1, 1}));
  ASSERT_TRUE(assembly->Put(1, ChunkOf(*after, 1)).ok());
  const auto made = assembly->Finish();
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ((*made)->bytes, after->bytes);
}

TEST(AssemblyTest, TheSameWeightsUnderANewVersionNeedNoFetch) {
  const auto before = PlainSnapshot(7, 1, 1, 1);
  const auto again = PlainSnapshot(9, 1, 1, 1);
  const auto assembly = Begin(*again);
  assembly->Reuse(*before);
  EXPECT_THAT(assembly->Missing(), IsEmpty());
  EXPECT_TRUE(assembly->Finish().ok());
}

TEST(AssemblyTest, AManifestThatContradictsItselfIsRefusedBeforeAnyFetch) {
  const auto snapshot = PlainSnapshot(7, 1, 1, 1);
  const ManifestCodec codec = PlainManifestCodec();
  const auto create = [&codec](const Manifest& manifest) {
    const std::string bytes = codec.encode(manifest);
    return SnapshotAssembly::Create(bytes, Sha256Of(bytes), kRoom, codec)
        .status()
        .code();
  };
  Manifest wrong = snapshot->manifest;
  wrong.total_bytes += 4 * kChunkBytes;
  EXPECT_EQ(create(wrong), absl::StatusCode::kDataLoss);
  wrong = snapshot->manifest;
  wrong.chunk_bytes = 0;
  EXPECT_EQ(create(wrong), absl::StatusCode::kDataLoss);
  wrong = snapshot->manifest;
  wrong.chunk_xxh3_128[0].bytes[0] ^= 1;
  EXPECT_EQ(create(wrong), absl::StatusCode::kDataLoss);
  wrong = snapshot->manifest;
  wrong.total_bytes = uint64_t{1} << 60;
  EXPECT_EQ(create(wrong), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(SnapshotAssembly::Create(snapshot->manifest_bytes,
                                     Sha256Of("other"), kRoom, codec)
                .status()
                .code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace mdrl
