// golden/safetensors: good.json is read exactly, bad.json is refused.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "common/format/safetensors.h"
#include "tests/testing/golden.h"

namespace mdrl {
namespace {

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

TEST(SafetensorsGoldenTest, GoodFilesAreReadExactly) {
  for (const auto& folder : GoldenFoldersOf("safetensors")) {
    const nlohmann::json files = ReadJson(folder / "good.json")["files"];
    ASSERT_FALSE(files.empty());
    for (const auto& expected : files) {
      SCOPED_TRACE(expected["file"]);
      const auto file =
          SafetensorsFile::Open(folder / expected["file"].get<std::string>());
      ASSERT_TRUE(file.ok()) << file.status();
      EXPECT_EQ((*file)->names().size(), expected["tensors"].size());
      for (const auto& [name, want] : expected["tensors"].items()) {
        const auto view = (*file)->Find(name);
        ASSERT_TRUE(view.ok()) << view.status();
        EXPECT_EQ(view->dtype, want["dtype"]);
        EXPECT_EQ(view->shape, want["shape"].get<std::vector<uint64_t>>());
        EXPECT_EQ(Hex(view->bytes), want["raw_hex"]);
      }
      const auto metadata =
          expected["metadata"].is_null()
              ? SafetensorsMetadata{}
              : expected["metadata"].get<SafetensorsMetadata>();
      EXPECT_EQ((*file)->metadata(), metadata);
    }
  }
}

TEST(SafetensorsGoldenTest, BadFilesAreRefusedWithTheirName) {
  for (const auto& folder : GoldenFoldersOf("safetensors")) {
    const nlohmann::json files = ReadJson(folder / "bad.json")["files"];
    ASSERT_FALSE(files.empty());
    for (const auto& bad : files) {
      const auto file =
          SafetensorsFile::Open(folder / bad["file"].get<std::string>());
      ASSERT_FALSE(file.ok()) << bad["file"] << ": " << bad["reason"];
      EXPECT_EQ(file.status().code(), absl::StatusCode::kInvalidArgument);
      EXPECT_NE(file.status().message().find(bad["file"].get<std::string>()),
                absl::string_view::npos)
          << file.status();
    }
  }
}

TEST(SafetensorsGoldenTest, WritingWhatWasReadGivesTheReferenceBytes) {
  for (const auto& folder : GoldenFoldersOf("safetensors")) {
    const auto good = ReadJson(folder / "good.json");
    for (const auto& expected : good["files"]) {
      const std::string name = expected["file"];
      // The others were written by hand, or list metadata in hash order.
      const bool from_reference =
          name.find("f32_i64") != std::string::npos ||
          name.find("special_values") != std::string::npos ||
          name.find("ints_bool") != std::string::npos ||
          name.find("rank0") != std::string::npos ||
          name.find("empty_tensors") != std::string::npos ||
          name.find("unusual_names") != std::string::npos;
      if (!from_reference) continue;
      SCOPED_TRACE(name);
      const auto file = SafetensorsFile::Open(folder / name);
      ASSERT_TRUE(file.ok());
      std::vector<TensorToWrite> tensors;
      for (const std::string& tensor : (*file)->names()) {
        const auto view = (*file)->Find(tensor);
        tensors.push_back({tensor, view->dtype, view->shape, view->bytes});
      }
      const auto bytes = SerializeSafetensors(tensors, (*file)->metadata());
      ASSERT_TRUE(bytes.ok()) << bytes.status();
      std::FILE* raw = std::fopen((folder / name).c_str(), "rb");
      std::string want(std::filesystem::file_size(folder / name), '\0');
      ASSERT_EQ(std::fread(want.data(), 1, want.size(), raw), want.size());
      std::fclose(raw);
      EXPECT_EQ(*bytes, want);
    }
  }
}

}  // namespace
}  // namespace mdrl
