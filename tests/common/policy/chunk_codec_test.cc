#include "common/policy/chunk_codec.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/philox.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mdrl/v1/weights.pb.h"
#include "tests/common/policy/plain_manifest_codec.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

// Takes one chunk of any size up to 1 KiB and index below 8.
class OneChunk : public ChunkSink {
 public:
  absl::StatusOr<std::span<char>> Place(uint32_t index, size_t size) override {
    if (index >= 8 || size > 1024) {
      return absl::InvalidArgumentError("sink: no such chunk");
    }
    bytes.assign(size, '\0');
    placed = index;
    return std::span<char>(bytes);
  }
  absl::Status Accept(uint32_t index) override {
    accepted = index;
    return absl::OkStatus();
  }
  std::string bytes;
  std::optional<uint32_t> placed;
  std::optional<uint32_t> accepted;
};

// The message cut into slices of at most `slice_bytes`.
grpc::ByteBuffer Sliced(const std::string& message, size_t slice_bytes) {
  std::vector<grpc::Slice> slices;
  for (size_t at = 0; at < message.size(); at += slice_bytes) {
    slices.emplace_back(message.substr(at, slice_bytes));
  }
  return grpc::ByteBuffer(slices.data(), slices.size());
}

std::string Flat(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  EXPECT_TRUE(buffer.DumpToSingleSlice(&slice).ok());
  return std::string(slice.begin(), slice.end());
}

absl::StatusCode CodeOf(const std::string& message) {
  OneChunk sink;
  return DecodeChunk(Sliced(message, 3), sink).code();
}

TEST(ChunkCodecTest, TheGeneratedMessageReadsWhatWeSend) {
  const auto snapshot = PlainSnapshot(3, 2, 77, 1);
  for (uint32_t i = 0; i < 3; ++i) {
    v1::Chunk chunk;
    const std::string bytes = Flat(EncodeChunk(snapshot, i));
    ASSERT_TRUE(chunk.ParseFromString(bytes));
    EXPECT_EQ(chunk.index(), i);
    EXPECT_EQ(chunk.data(),
              snapshot->bytes.substr(size_t{i} * kChunkBytes, kChunkBytes));
    EXPECT_EQ(chunk.SerializeAsString(), bytes);
  }
}

TEST(ChunkCodecTest, WeReadTheGeneratedMessageWhereverItIsCut) {
  for (const uint32_t index : {0u, 1u, 7u}) {
    v1::Chunk chunk;
    chunk.set_index(index);
    chunk.set_data(std::string(300, 'a') + "end");
    const std::string bytes = chunk.SerializeAsString();
    for (size_t cut = 1; cut <= 9; ++cut) {
      OneChunk sink;
      ASSERT_TRUE(DecodeChunk(Sliced(bytes, cut), sink).ok()) << cut;
      EXPECT_EQ(sink.accepted, index);
      EXPECT_EQ(sink.bytes, chunk.data());
    }
  }
}

TEST(ChunkCodecTest, TheMessageKeepsItsSnapshotUntilItIsSent) {
  auto snapshot = PlainSnapshot(3, 0, 64, 1);
  const std::weak_ptr<const Snapshot> watch = snapshot;
  {
    grpc::ByteBuffer message = EncodeChunk(snapshot, 0);
    snapshot.reset();
    EXPECT_FALSE(watch.expired());
    EXPECT_THAT(Flat(message), HasSubstr(watch.lock()->bytes));
  }
  EXPECT_TRUE(watch.expired());
}

TEST(ChunkCodecTest, HostileMessagesAreRefused) {
  using std::string_literals::operator""s;
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(CodeOf(""), kInvalid);
  EXPECT_EQ(CodeOf("\x08"s), kInvalid);                      // no index
  EXPECT_EQ(CodeOf("\x08\x80"s), kInvalid);                  // half a varint
  EXPECT_EQ(CodeOf("\x08\x01"s), kInvalid);                  // no data
  EXPECT_EQ(CodeOf("\x08\x01\x12"s), kInvalid);              // no length
  EXPECT_EQ(CodeOf("\x08\x01\x12\x04"s + "abc"), kInvalid);  // too short
  EXPECT_EQ(CodeOf("\x08\x01\x12\x02"s + "abc"), kInvalid);  // too long
  EXPECT_EQ(CodeOf("\x08\x01\x0a\x03"s + "abc"), kInvalid);  // another tag
  EXPECT_EQ(CodeOf("\x08\x08\x12\x03"s + "abc"), kInvalid);  // index 8
  // An index over 32 bits, a varint over 64 and a length near 2^64.
  EXPECT_EQ(CodeOf("\x08\x80\x80\x80\x80\x10\x12\x01x"s), kInvalid);
  EXPECT_EQ(CodeOf("\x08" + std::string(10, '\xff') + "\x01\x12\x01x"),
            kInvalid);
  EXPECT_EQ(CodeOf("\x12"s + std::string(9, '\xff') + "\x01x"), kInvalid);
  EXPECT_EQ(CodeOf("\x08\x01\x12\x03"s + "abc"), absl::StatusCode::kOk);
}

// Whatever the bytes: no crash, and nothing is accepted that the generated
// parser would read differently.
TEST(ChunkCodecTest, RandomMutationsNeverDisagreeWithProtobuf) {
  PhiloxSequence draws(11, Stream::kSft, 0, 0, 0);
  v1::Chunk chunk;
  chunk.set_index(5);
  chunk.set_data(std::string(40, 'z'));
  const std::string good = chunk.SerializeAsString();
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = good.substr(0, 1 + draws.NextBelow(good.size()));
    const uint32_t flips = draws.NextBelow(4);
    for (uint32_t f = 0; f < flips; ++f) {
      bytes[draws.NextBelow(std::min<size_t>(bytes.size(), 6))] ^=
          static_cast<char>(1u << draws.NextBelow(8));
    }
    OneChunk sink;
    if (!DecodeChunk(Sliced(bytes, 1 + draws.NextBelow(5)), sink).ok()) {
      continue;
    }
    ++accepted;
    v1::Chunk parsed;
    ASSERT_TRUE(parsed.ParseFromString(bytes));
    EXPECT_EQ(parsed.index(), sink.accepted);
    EXPECT_EQ(parsed.data(), sink.bytes);
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace mdrl
