#include "common/format/weight_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "common/format/file.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::filesystem::path Folder(const std::string& name) {
  const auto folder =
      std::filesystem::path(::testing::TempDir()) / ("weight_files_" + name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

std::vector<std::string> NamesIn(const std::filesystem::path& folder) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    out.push_back(entry.path().filename());
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST(PlanShardsTest, TensorsFillFilesInOrderAndALargeOneStandsAlone) {
  const std::vector<TensorDescription> tensors = {{"a", "U8", {40}},
                                                  {"b", "U8", {60}},
                                                  {"c", "U8", {1}},
                                                  {"d", "U8", {500}},
                                                  {"e", "F32", {2}}};
  const auto shards = PlanShards(tensors, 100);
  ASSERT_TRUE(shards.ok()) << shards.status();
  ASSERT_EQ(shards->size(), 4u);
  EXPECT_THAT((*shards)[0].tensors, ElementsAre(0, 1));
  EXPECT_THAT((*shards)[2].tensors, ElementsAre(3));
  EXPECT_EQ((*shards)[3].file, "model-00004-of-00004.safetensors");
  const auto index = nlohmann::json::parse(WeightIndexJson(tensors, *shards));
  EXPECT_EQ(index["metadata"]["total_size"], 609);
  EXPECT_EQ(index["weight_map"]["c"], "model-00002-of-00004.safetensors");
  EXPECT_EQ(PlanShards(tensors)->at(0).file, "model.safetensors");
}

TEST(WriteWeightFilesTest, ShardsAndIndexReadBack) {
  const auto folder = Folder("shards");
  const std::vector<TensorToWrite> tensors = {{"a", "U8", {3}, "abc"},
                                              {"b", "U8", {2}, "de"}};
  ASSERT_TRUE(WriteWeightFiles(folder, tensors, 3).ok());
  const auto index = ParseWeightIndex(
      *ReadFile(folder / "model.safetensors.index.json"), "index");
  ASSERT_TRUE(index.ok()) << index.status();
  const auto file = SafetensorsFile::Open(folder / index->at("b"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->Find("b")->bytes, "de");
  EXPECT_EQ((*file)->metadata().at("format"), "pt");
}

TEST(SafetensorsWriterTest, GivesTheBytesOfTheWholeWriter) {
  const auto folder = Folder("stream");
  const std::vector<TensorToWrite> tensors = {{"a", "U8", {3}, "abc"},
                                              {"b", "F32", {1}, "wxyz"}};
  const std::vector<TensorDescription> described = {{"a", "U8", {3}},
                                                    {"b", "F32", {1}}};
  auto writer =
      SafetensorsWriter::Create(folder / "s", described, {{"format", "pt"}});
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_EQ((*writer)->order()[0].name, "b");
  ASSERT_TRUE((*writer)->Append("wx").ok());
  ASSERT_TRUE((*writer)->Append("yza").ok());
  EXPECT_THAT(std::string((*writer)->Finish().message()),
              HasSubstr("2 bytes of the tensors are missing"));
  ASSERT_TRUE((*writer)->Append("bc").ok());
  EXPECT_FALSE((*writer)->Append("d").ok());
  EXPECT_FALSE(std::filesystem::exists(folder / "s"));
  ASSERT_TRUE((*writer)->Finish().ok());
  EXPECT_EQ(*ReadFile(folder / "s"),
            *SerializeSafetensors(tensors, {{"format", "pt"}}));
}

TEST(SafetensorsWriterTest, AnUnfinishedFileLeavesNothingBehind) {
  const auto folder = Folder("unfinished");
  {
    const std::vector<TensorDescription> described = {{"a", "U8", {3}}};
    auto writer = SafetensorsWriter::Create(folder / "s", described, {});
    ASSERT_TRUE(writer.ok()) << writer.status();
    ASSERT_TRUE((*writer)->Append("ab").ok());
  }
  EXPECT_THAT(NamesIn(folder), ElementsAre());
}

TEST(CarriedFilesTest, AllButWeightsTravelByteForByte) {
  const auto from = Folder("from");
  const std::string odd("\0\r\n\xFF", 4);
  for (const char* name :
       {"config.json", "tokenizer.json", "modeling_llada.py", "LICENSE",
        "model.safetensors", "model.safetensors.index.json", ".gitattributes",
        "pytorch_model.bin", "MANIFEST.json"}) {
    ASSERT_TRUE(WriteFileAtomically(from / name, odd).ok());
  }
  std::filesystem::create_directories(from / "training");
  // As a model hub's cache keeps its files.
  std::filesystem::create_symlink(from / "LICENSE", from / "linked.txt");
  const auto to = Folder("to");
  ASSERT_TRUE(CarryFiles(from, to).ok());
  EXPECT_THAT(NamesIn(to), ElementsAre("LICENSE", "config.json", "linked.txt",
                                       "modeling_llada.py", "tokenizer.json"));
  EXPECT_EQ(*ReadFile(to / "linked.txt"), odd);
  EXPECT_EQ(CarriedFiles(from / "nowhere").status().code(),
            absl::StatusCode::kNotFound);
}

TEST(ParseWeightIndexTest, HostileIndexesAreRefused) {
  for (const char* text :
       {"", "[]", "{}", R"({"weight_map":[]})", R"({"weight_map":{"a":1}})",
        R"({"weight_map":{"a":"../x"}})", R"({"weight_map":{"a":""}})",
        R"({"weight_map":{"a":".."}})"}) {
    EXPECT_THAT(std::string(ParseWeightIndex(text, "i").status().message()),
                HasSubstr("i: "))
        << text;
  }
}

}  // namespace
}  // namespace mdrl
