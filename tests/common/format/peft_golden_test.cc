// golden/peft: adapter folders that PEFT wrote for the tiny_llada beside them.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/format/file.h"
#include "common/format/hf_config.h"
#include "common/format/peft.h"
#include "tests/testing/golden.h"

namespace mdrl {
namespace {

struct AdapterCase {
  std::filesystem::path folder;  // golden/peft
  std::string name;
  nlohmann::json expected;
};

std::vector<AdapterCase> Cases() {
  std::vector<AdapterCase> out;
  for (const auto& folder : GoldenFoldersOf("peft")) {
    const nlohmann::json all = ReadJson(folder / "expected.json");
    for (const auto& [name, expected] : all.items()) {
      out.push_back({folder, name, expected});
    }
  }
  return out;
}

class GoldenPeftTest : public ::testing::TestWithParam<AdapterCase> {
 protected:
  LladaConfig Base() const {
    const auto config = ReadLladaConfig(GetParam().folder.parent_path() /
                                        "tiny_llada" / "config.json");
    EXPECT_TRUE(config.ok()) << config.status();
    return *config;
  }
  std::filesystem::path Folder() const {
    return GetParam().folder / GetParam().name;
  }
};

TEST_P(GoldenPeftTest, TheAdaptedModulesAreThoseThatPeftAdapted) {
  const auto adapter = LoraAdapterFile::Open(Folder(), Base(),
                                             /*ignore_unmatched_targets=*/true);
  ASSERT_TRUE(adapter.ok()) << adapter.status();
  std::vector<std::string> modules;
  for (const auto& part : (*adapter)->parts()) {
    modules.push_back("base_model.model." + part.linear.module);
  }
  std::sort(modules.begin(), modules.end());
  EXPECT_EQ(
      modules,
      GetParam().expected["adapted_modules"].get<std::vector<std::string>>());
}

TEST_P(GoldenPeftTest, WhatWasReadIsWrittenByteForByte) {
  const auto adapter = LoraAdapterFile::Open(Folder(), Base(),
                                             /*ignore_unmatched_targets=*/true);
  ASSERT_TRUE(adapter.ok()) << adapter.status();
  std::vector<LoraPartToWrite> parts;
  for (const auto& part : (*adapter)->parts()) {
    parts.push_back(
        {part.linear, part.rank, part.a.dtype, part.a.bytes, part.b.bytes});
  }
  const auto out = std::filesystem::path(::testing::TempDir()) /
                   ("peft_golden_" + GetParam().name);
  std::filesystem::create_directories(out);
  ASSERT_TRUE(WriteLoraAdapter(out, (*adapter)->settings(), parts).ok());
  EXPECT_EQ(ReadJson(out / "adapter_config.json"),
            ReadJson(Folder() / "adapter_config.json"));
  const auto bytes = [](const std::filesystem::path& folder) {
    return *ReadFile(folder / "adapter_model.safetensors");
  };
  EXPECT_EQ(bytes(out), bytes(Folder()));
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GoldenPeftTest);
INSTANTIATE_TEST_SUITE_P(Golden, GoldenPeftTest, ::testing::ValuesIn(Cases()),
                         [](const auto& info) {
                           return TestName(info.param.name) + "_" +
                                  std::to_string(info.index);
                         });

}  // namespace
}  // namespace mdrl
