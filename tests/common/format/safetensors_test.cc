#include "common/format/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "common/format/file.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

std::filesystem::path TempFile(const std::string& name) {
  return std::filesystem::path(::testing::TempDir()) / ("safetensors_" + name);
}

TEST(SafetensorsTest, WrittenFileReadsBack) {
  const std::string floats(12, 'f'), bytes("abc");
  const std::vector<TensorToWrite> tensors = {{"z", "U8", {3}, bytes},
                                              {"a", "F32", {3, 1}, floats}};
  const auto path = TempFile("roundtrip");
  ASSERT_TRUE(WriteSafetensors(path, tensors, {{"format", "pt"}}).ok());
  const auto file = SafetensorsFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->names(), (std::vector<std::string>{"a", "z"}));
  EXPECT_EQ((*file)->Find("z")->bytes, bytes);
  EXPECT_EQ((*file)->metadata().at("format"), "pt");
  const auto absent = (*file)->Find("b");
  EXPECT_EQ(absent.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(absent.status().message()), HasSubstr("\"b\""));
}

TEST(SafetensorsTest, WriterRefusesWhatReaderWould) {
  const std::vector<TensorToWrite> twice = {{"a", "U8", {1}, "x"},
                                            {"a", "U8", {1}, "y"}};
  EXPECT_FALSE(SerializeSafetensors(twice, {}).ok());
  const std::vector<TensorToWrite> short_bytes = {{"a", "F32", {1}, "x"}};
  EXPECT_THAT(
      std::string(SerializeSafetensors(short_bytes, {}).status().message()),
      HasSubstr("need 4 bytes"));
  const std::vector<TensorToWrite> odd = {{"a", "F4", {3}, "xy"}};
  EXPECT_FALSE(SerializeSafetensors(odd, {}).ok());
}

TEST(SafetensorsTest, FailedWriteLeavesTheOldFile) {
  const auto path = TempFile("kept");
  ASSERT_TRUE(WriteFileAtomically(path, "old").ok());
  const std::vector<TensorToWrite> bad = {{"a", "F32", {1}, "x"}};
  EXPECT_FALSE(WriteSafetensors(path, bad, {}).ok());
  EXPECT_EQ(*ReadFile(path), "old");
}

TEST(SafetensorsTest, UnknownKeysOfATensorAreSkippedBounded) {
  EXPECT_TRUE(
      ParseSafetensorsHeader(R"({"a":{"x":{"y":[1,{"z":null}]},"dtype":"U8",)"
                             R"("shape":[1],"w":true,"data_offsets":[0,1]}})",
                             1)
          .ok());
  EXPECT_FALSE(
      ParseSafetensorsHeader(R"({"a":{"x":)" + std::string(1000, '['), 1).ok());
}

TEST(SafetensorsTest, HeaderEndsAtNothingButItsEnd) {
  const std::string good =
      R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  EXPECT_TRUE(ParseSafetensorsHeader(good + "   ", 1).ok());
  EXPECT_FALSE(
      ParseSafetensorsHeader(good + std::string(1, '\0') + "x", 1).ok());
  EXPECT_FALSE(ParseSafetensorsHeader(" " + good, 1).ok());
  EXPECT_FALSE(ParseSafetensorsHeader("\xEF\xBB\xBF" + good, 1).ok());
  EXPECT_FALSE(
      ParseSafetensorsHeader(R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],)"
                             R"("data_offsets":[0,1]}})",
                             1)
          .ok());
  EXPECT_FALSE(
      ParseSafetensorsHeader(R"({"__metadata__":{"a":"1","a":"2"}})", 0).ok());
}

// Whatever the bytes are, the answer is a status. Fixed seed.
TEST(SafetensorsTest, MutatedHeadersNeverCrash) {
  const std::string good =
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],)"
      R"("data_offsets":[0,24]},"b":{"dtype":"I64","shape":[],)"
      R"("data_offsets":[24,32]}})";
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string text = good;
    for (int edits = 1 + random() % 4; edits > 0; --edits) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, random() % 8);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 9));
      }
      if (text.empty()) text = "{";
    }
    const auto header = ParseSafetensorsHeader(text, 32);
    if (!header.ok()) continue;
    for (const auto& [name, entry] : header->tensors) {
      EXPECT_LE(entry.end, 32u);
      EXPECT_LE(entry.begin, entry.end);
    }
  }
}

TEST(SafetensorsTest, AFolderIsRefused) {
  EXPECT_FALSE(SafetensorsFile::Open("tests").ok());
  EXPECT_EQ(SafetensorsFile::Open("no/such/file").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace mdrl
