#include "common/wire/manifest_wire.h"

#include <functional>
#include <limits>
#include <string>

#include "common/base/error.h"
#include "gtest/gtest.h"
#include "tests/common/wire/samples.h"

namespace mdrl {
namespace {

std::string FieldOf(const std::function<void(v1::Manifest&)>& spoil) {
  v1::Manifest wire = ToProto(SampleManifest());
  spoil(wire);
  const auto manifest = FromProto(wire);
  return manifest.ok() ? "" : DetailOf(manifest.status()).field;
}

TEST(ManifestWireTest, BringsAManifestBack) {
  const auto back = FromProto(ToProto(SampleManifest()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, SampleManifest());
}

TEST(ManifestWireTest, EncodesEqualManifestsAsEqualBytes) {
  const ManifestCodec codec = WireManifestCodec();
  const std::string bytes = codec.encode(SampleManifest());
  const auto back = codec.decode(bytes);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(codec.encode(*back), bytes);
}

TEST(ManifestWireTest, MakesSnapshotsThatVerify) {
  Manifest manifest = SampleManifest();
  manifest.total_bytes = 0;
  manifest.chunk_xxh3_128.clear();
  const auto snapshot =
      MakeSnapshot(manifest, "12345678901234567890", WireManifestCodec());
  const auto status = VerifySnapshot(*snapshot);
  EXPECT_TRUE(status.ok()) << status;
  const auto back = WireManifestCodec().decode(snapshot->manifest_bytes);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, snapshot->manifest);
}

TEST(ManifestWireTest, WantsOneHashPerChunk) {
  EXPECT_EQ(
      FieldOf([](v1::Manifest& m) { m.mutable_chunk_xxh3_128()->pop_back(); }),
      "chunk_xxh3_128");
  EXPECT_EQ(FieldOf([](v1::Manifest& m) { m.set_total_bytes(33); }),
            "chunk_xxh3_128");
  EXPECT_EQ(FieldOf([](v1::Manifest& m) { m.set_chunk_bytes(0); }),
            "chunk_bytes");
  EXPECT_EQ(FieldOf([](v1::Manifest& m) {
              m.set_total_bytes(std::numeric_limits<uint64_t>::max());
            }),
            "total_bytes");
}

TEST(ManifestWireTest, RefusesTensorsBeyondTheBytes) {
  EXPECT_EQ(
      FieldOf([](v1::Manifest& m) { m.mutable_tensors(1)->set_bytes(9); }),
      "tensors[1]");
  EXPECT_EQ(FieldOf([](v1::Manifest& m) {  // wraps around to inside
              m.mutable_tensors(1)->set_offset(
                  std::numeric_limits<uint64_t>::max() - 3);
            }),
            "tensors[1]");
  EXPECT_EQ(FieldOf([](v1::Manifest& m) {
              for (int i = 0; i < 9; ++i) m.mutable_tensors(0)->add_shape(1);
            }),
            "tensors[0].shape");
}

TEST(ManifestWireTest, RefusesACanaryThatDoesNotFitTogether) {
  const auto canary = [](v1::Manifest& m) { return m.mutable_canary(); };
  EXPECT_EQ(FieldOf([&](v1::Manifest& m) { canary(m)->add_logp(0); }),
            "canary.logp");
  EXPECT_EQ(FieldOf([&](v1::Manifest& m) { canary(m)->clear_argmax_i32(); }),
            "canary.argmax_i32");
  EXPECT_EQ(FieldOf([&](v1::Manifest& m) {
              canary(m)->set_positions_i32(std::string("\3\0\0\0\0\0\0\0", 8));
            }),
            "canary.positions_i32");
  EXPECT_EQ(FieldOf([&](v1::Manifest& m) {
              canary(m)->set_logp(0, std::numeric_limits<float>::quiet_NaN());
            }),
            "canary.logp");
  EXPECT_EQ(FieldOf([&](v1::Manifest& m) { canary(m)->set_tolerance(-1); }),
            "canary.tolerance");
}

TEST(ManifestWireTest, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(FieldOf([](v1::Manifest& m) { m.clear_encoding(); }), "encoding");
  EXPECT_EQ(FieldOf([](v1::Manifest& m) {
              m.set_cause(static_cast<v1::Manifest::Cause>(9));
            }),
            "cause");
  EXPECT_EQ(FieldOf([](v1::Manifest& m) { m.set_run_id("x"); }), "run_id");
}

TEST(ManifestWireTest, SurvivesEveryDamagedByte) {
  const ManifestCodec codec = WireManifestCodec();
  const std::string bytes = codec.encode(SampleManifest());
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      codec.decode(damaged).IgnoreError();
    }
    codec.decode(bytes.substr(0, at)).IgnoreError();
  }
}

TEST(PolicyRefWireTest, TellsVersionZeroFromNoPolicy) {
  for (const PolicyRef& ref :
       {PolicyRef{}, PolicyRef{0, Filled<Digest>(1)}, PolicyRef{3, {}}}) {
    const auto back = FromProto(ToProto(ref));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, ref);
  }
}

}  // namespace
}  // namespace mdrl
