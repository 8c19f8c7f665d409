#include "common/format/peft.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "common/format/file.h"

namespace mdrl {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

LladaConfig Tiny() {
  LladaConfig config;
  config.d_model = 8;
  config.n_layers = 1;
  config.n_heads = 2;
  config.n_kv_heads = 2;
  config.mlp_hidden = 12;
  config.vocab = 20;
  return config;
}

json Example() {
  return {{"peft_type", "LORA"},
          {"r", 2},
          {"lora_alpha", 8},
          {"lora_dropout", 0.05},
          {"target_modules", {"q_proj"}},
          {"base_model_name_or_path", "b"},
          {"from_the_future", {1, 2}},
          {"bias", "none"}};
}

std::string ErrorOf(const json& file) {
  const auto settings = ParseLoraSettings(file.dump(), "a.json");
  return settings.ok() ? "" : std::string(settings.status().message());
}

std::filesystem::path Folder(const std::string& name) {
  const auto folder =
      std::filesystem::path(::testing::TempDir()) / ("peft_" + name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

TEST(LoraSettingsTest, WhatChangesANumberIsReadAndTheRestKept) {
  const auto settings = ParseLoraSettings(Example().dump(), "a.json");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->rank, 2);
  EXPECT_EQ(settings->alpha, 8);
  EXPECT_EQ(settings->dropout, 0.05);
  EXPECT_EQ(settings->base_model, "b");
  const json written = json::parse(LoraConfigJson(*settings));
  EXPECT_EQ(written["from_the_future"], json({1, 2}));
  EXPECT_TRUE(written["lora_alpha"].is_number_integer());
}

TEST(LoraSettingsTest, OtherKindsOfAdapterAreRefusedByKey) {
  const std::pair<const char*, json> cases[] = {
      {"peft_type", "IA3"},
      {"use_dora", true},
      {"bias", "all"},
      {"modules_to_save", {"wte"}},
      {"fan_in_fan_out", true},
      {"layers_to_transform", {0}},
      {"r", 0},
      {"r", "2"},
      {"lora_dropout", 1.5},
      {"target_modules", json::array()},
      {"target_modules", {1}},
      {"rank_pattern", {{"q_proj", -1}}},
      {"alpha_pattern", {1}}};
  for (const auto& [key, value] : cases) {
    json file = Example();
    file[key] = value;
    EXPECT_THAT(ErrorOf(file), HasSubstr("a.json: ")) << key;
    EXPECT_THAT(ErrorOf(file), HasSubstr(key)) << key;
  }
  json lacking = Example();
  lacking.erase("target_modules");
  EXPECT_THAT(ErrorOf(lacking), HasSubstr("target_modules is missing"));
}

TEST(LoraSettingsTest, TheFirstPatternThatMatchesTheEndOfAModuleCounts) {
  LoraSettings settings;
  settings.rank = 4;
  settings.alpha = 8;
  settings.rank_pattern = {{"blocks.0.q_proj", 2}, {"q_proj", 16}};
  settings.alpha_pattern = {{"_proj", 1}, {"v_proj", 32}};
  const auto scale = [&settings](const std::string& module) {
    return *LoraScaleOf(settings, {"model.transformer." + module, "", 0, 1, 1});
  };
  EXPECT_EQ(scale("blocks.0.q_proj").rank, 2);
  EXPECT_EQ(scale("blocks.0.q_proj").scale, 4.0);
  EXPECT_EQ(scale("blocks.1.q_proj").rank, 16);
  EXPECT_EQ(scale("blocks.1.v_proj").scale, 8.0);  // "_proj" follows no dot
  settings.rslora = true;
  EXPECT_EQ(scale("blocks.1.k_proj").scale, 8.0 / std::sqrt(4.0));
}

// q_proj of Tiny() at rank 2.
struct Written {
  std::string a = std::string(2 * 8 * 4, '\1');
  std::string b = std::string(8 * 2 * 4, '\2');
  std::vector<LoraPartToWrite> parts = {
      {LladaLinears(Tiny())[0], 2, "F32", a, b}};
  LoraSettings settings = *ParseLoraSettings(Example().dump(), "a.json");
};

TEST(LoraAdapterFileTest, AWrittenFolderReadsBack) {
  const Written written;
  const auto folder = Folder("round");
  const absl::Status status =
      WriteLoraAdapter(folder, written.settings, written.parts);
  ASSERT_TRUE(status.ok()) << status;
  const auto read = LoraAdapterFile::Open(folder, Tiny());
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ((*read)->parts().size(), 1u);
  const LoraAdapterFile::Part& part = (*read)->parts()[0];
  EXPECT_EQ(part.linear.module, "model.transformer.blocks.0.q_proj");
  EXPECT_EQ(part.scale, 4.0);
  EXPECT_EQ(part.a.bytes, written.a);
  EXPECT_EQ(part.b.bytes, written.b);
}

TEST(LoraAdapterFileTest, AnAdapterForAnotherShapeListsEveryTensor) {
  const Written written;
  const auto folder = Folder("shape");
  ASSERT_TRUE(WriteLoraAdapter(folder, written.settings, written.parts).ok());
  LladaConfig other = Tiny();
  other.d_model = 16;
  const auto read = LoraAdapterFile::Open(folder, other);
  EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string error(read.status().message());
  EXPECT_THAT(error, HasSubstr("q_proj.lora_A.weight has shape [2,8]; expected "
                               "[2,16]"));
  EXPECT_THAT(error, HasSubstr("q_proj.lora_B.weight has shape [8,2]; expected "
                               "[16,2]"));
}

TEST(LoraAdapterFileTest, AnAdapterWithOtherNamesListsThemAll) {
  const Written written;
  const auto folder = Folder("names");
  ASSERT_TRUE(WriteLoraAdapter(folder, written.settings, written.parts).ok());
  json config = Example();
  config["target_modules"] = {"q_proj", "v_proj"};
  ASSERT_TRUE(
      WriteFileAtomically(folder / "adapter_config.json", config.dump()).ok());
  const std::vector<TensorToWrite> foreign = {
      {"base_model.model.model.layers.0.q_proj.lora_A.weight", "U8", {1}, "x"}};
  ASSERT_TRUE(
      WriteSafetensors(folder / "adapter_model.safetensors", foreign, {}).ok());
  const auto read = LoraAdapterFile::Open(folder, Tiny());
  const std::string error(read.status().message());
  EXPECT_THAT(error, HasSubstr("v_proj.lora_B.weight is missing"));
  EXPECT_THAT(error, HasSubstr("layers.0.q_proj.lora_A.weight belongs to no"));
  config["target_modules"] = {"q_proj", "o_proj"};
  ASSERT_TRUE(
      WriteFileAtomically(folder / "adapter_config.json", config.dump()).ok());
  EXPECT_THAT(
      std::string(LoraAdapterFile::Open(folder, Tiny()).status().message()),
      HasSubstr("adapter_config.json: adapter targets that match no"));
}

TEST(LoraAdapterFileTest, BytesThatDoNotFillTheirShapeAreNotWritten) {
  Written written;
  written.parts[0].rank = 3;
  const auto folder = Folder("bytes");
  EXPECT_FALSE(WriteLoraAdapter(folder, written.settings, written.parts).ok());
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

}  // namespace
}  // namespace mdrl
