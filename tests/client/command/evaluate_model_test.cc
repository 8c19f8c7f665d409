// Shell scripts stand for the programs that decode and score.
#include "client/command/evaluate_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "client/launch/sibling.h"
#include "common/base/error.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

// $in, $out and $canvas from the arguments.
constexpr char kArguments[] = R"(
echo "$@" >> "$(dirname "$0")/calls"
while [ $# -gt 0 ]; do
  case $1 in
    --prompts|--in) in=$2 ;;
    --out) out=$2 ;;
    --canvas) canvas=$2 ;;
  esac
  shift
done
: > "$out"
n=0
)";
constexpr char kDecodes[] = R"(
while read -r line; do
  echo "{\"id\":\"$n\",\"text\":\"1134\",\"tokens\":$canvas}" >> "$out"
  n=$((n + 1))
done < "$in"
)";
constexpr char kScores[] = R"(
echo "this line belongs to nobody's output"
while read -r line; do
  echo '{"outcome":"scored","reward":0.75,"components":{"empty_cells":4,"correct_cells":3,"solved":0}}' >> "$out"
done < "$in"
)";

class EvaluateModelTest : public testing::Test {
 protected:
  EvaluateModelTest()
      : folder_(fs::temp_directory_path() /
                ("evaluate_model_test_" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    Script("mdrl-rollout", std::string(kArguments) + kDecodes);
    Script("mdrl-reward", std::string(kArguments) + kScores);
    options_.model = "m";
    options_.task = "sudoku4";
    options_.max_prompts = 5;
    options_.decoding.canvas_tokens = {16, 64};
    options_.binaries = folder_;
    session_.out = &out_;
    session_.err = &err_;
  }
  ~EvaluateModelTest() override { fs::remove_all(folder_); }

  void Script(const std::string& name, const std::string& text) const {
    const fs::path path = folder_ / name;
    std::ofstream(path) << "#!/bin/sh\n" << text << "\n";
    fs::permissions(path, fs::perms::owner_all);
  }
  std::string Calls() const {
    std::ifstream file(folder_ / "calls");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const fs::path folder_;
  EvaluateModelOptions options_;
  std::ostringstream out_;
  std::ostringstream err_;
  Session session_;
};

TEST_F(EvaluateModelTest, EachCanvasIsDecodedScoredAndARow) {
  const auto code = RunEvaluateModel(session_, options_);
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 0);
  EXPECT_THAT(out_.str(), HasSubstr("sudoku4  16      8      5 "));
  EXPECT_THAT(out_.str(), HasSubstr("sudoku4  64      32     5 "));
  EXPECT_THAT(out_.str(), HasSubstr("0.750 (15 of 20)"));
  EXPECT_THAT(out_.str(), HasSubstr("0.000 [0.000, 0.434]"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("nobody")));
  EXPECT_THAT(Calls(), HasSubstr("--canvas 16 --block 16 --steps 8"));
  EXPECT_THAT(Calls(), HasSubstr("--canvas 64 --block 32 --steps 32"));
  EXPECT_THAT(Calls(), HasSubstr("score --task sudoku4 --rubric eval"));
}

TEST_F(EvaluateModelTest, WhatWasAskedAndAnsweredCanBeKept) {
  options_.keep = (folder_ / "kept").string();
  options_.words = "tagged";
  options_.prefill = "<reasoning>";
  ASSERT_TRUE(RunEvaluateModel(session_, options_).ok());
  std::ifstream file(folder_ / "kept/prompts.jsonl");
  const std::string prompts{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(prompts, HasSubstr("<answer>"));
  EXPECT_THAT(prompts, HasSubstr(R"("prefill":"<reasoning>")"));
  EXPECT_TRUE(fs::exists(folder_ / "kept/scores-64.jsonl"));
}

TEST_F(EvaluateModelTest, AFailedStepsExitCodeIsOurs) {
  Script("mdrl-rollout", "exit 7");
  const auto code = RunEvaluateModel(session_, options_);
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 7);
  EXPECT_EQ(out_.str(), "");
  Script("mdrl-rollout", "kill -TERM $$");
  EXPECT_EQ(*RunEvaluateModel(session_, options_), 143);
}

TEST_F(EvaluateModelTest, WhatCannotBeIsNamed) {
  const auto reason = [this] {
    return DetailOf(RunEvaluateModel(session_, options_).status()).reason;
  };
  options_.task = "gsm8k";
  EXPECT_THAT(
      std::string(RunEvaluateModel(session_, options_).status().message()),
      HasSubstr("--prompts FILE"));
  options_.task = "";
  EXPECT_EQ(reason(), reason::kUsage);
  options_.task = "sudoku4";
  options_.decoding.block_tokens = 24;
  EXPECT_EQ(reason(), reason::kUsage);
  options_.decoding.block_tokens = 32;
  options_.binaries = folder_ / "elsewhere";
  EXPECT_TRUE(absl::IsNotFound(RunEvaluateModel(session_, options_).status()));
}

}  // namespace
}  // namespace mdrl
