#include "services/rollout/command/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/model/weights.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;

// The example's tokenizer over a small random model.
class GenerateTest : public ::testing::Test {
 protected:
  GenerateTest()
      : root_(fs::path(::testing::TempDir()) /
              absl::StrCat("mdrl-generate-", getpid())) {
    fs::remove_all(root_);
    fs::create_directories(root_);
    const fs::path example = "examples/sort/model";
    const auto config = ReadLladaConfig(example / "config.json");
    EXPECT_TRUE(config.ok()) << config.status();
    EXPECT_TRUE(WriteModelFolder(root_, *config, InitWeights(*config, 5)).ok());
    fs::copy(example / "tokenizer.json", root_ / "tokenizer.json");
    std::ofstream(root_ / "prompts.jsonl")
        << "{\"prompt\": \"<bos>3142<sep>\", \"id\": \"a\"}\n"
        << "{\"prompt\": \"<bos>27<sep>\", \"id\": \"b\", "
           "\"prefill\": \"2\"}\n";
    flags_.model = root_;
    flags_.prompts_file = root_ / "prompts.jsonl";
    flags_.decode.canvas_tokens = 8;
    flags_.decode.block_tokens = 4;
    flags_.decode.decode_steps = 4;
    flags_.decode.temperature = 1.0f;
    flags_.threads = 1;
  }
  ~GenerateTest() override { fs::remove_all(root_); }

  std::vector<json> Lines() {
    std::ostringstream out;
    const absl::Status status = Generate(flags_, out, display_, false);
    EXPECT_TRUE(status.ok()) << status;
    std::vector<json> lines;
    std::istringstream in(out.str());
    for (std::string line; std::getline(in, line);) {
      lines.push_back(json::parse(line));
    }
    return lines;
  }

  const fs::path root_;
  GenerateFlags flags_;
  std::ostringstream display_;
};

TEST_F(GenerateTest, ALinePerCompletionInTheOrderOfThePrompts) {
  flags_.group_size = 2;
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0]["id"], "a");
  EXPECT_EQ(lines[1]["completion"], 1);
  EXPECT_EQ(lines[3]["id"], "b");
  EXPECT_TRUE(lines[3]["text"].get<std::string>().starts_with("2"));
  EXPECT_FALSE(lines[0].contains("reveal_step"));
  EXPECT_TRUE(display_.str().empty());
}

TEST_F(GenerateTest, BatchesAndThePromptsBesideChangeNothing) {
  flags_.group_size = 3;
  flags_.reveals = true;
  flags_.decode.stop_at_eos = false;
  flags_.rows = 6;
  const auto together = Lines();
  flags_.rows = 1;
  const auto alone = Lines();
  EXPECT_EQ(together, alone);
  ASSERT_EQ(together[0]["reveal_step"].size(), 8u);
  ASSERT_EQ(together[0]["confidence"].size(), 8u);
  flags_.seed = 43;
  EXPECT_NE(Lines(), together);
}

TEST_F(GenerateTest, StepsAreShownAsTheyHappen) {
  flags_.show_steps = true;
  flags_.prompts_file.clear();
  flags_.prompt = "<bos>31<sep>";
  Lines();
  EXPECT_THAT(display_.str(), HasSubstr("step 1/4 "));
  EXPECT_THAT(display_.str(), HasSubstr("\u2591"));
}

TEST_F(GenerateTest, WhatIsMissingIsNamed) {
  std::ostringstream out;
  flags_.adapter = root_ / "no-such-adapter";
  const absl::Status status = Generate(flags_, out, display_, false);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("no-such-adapter"));
  EXPECT_TRUE(out.str().empty());
}

}  // namespace
}  // namespace mdrl
