#include "services/learner/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<LearnerOptions> Load(const std::string& text) {
  const std::string path = ::testing::TempDir() + "/learner_options.yaml";
  std::ofstream(path) << "run: {name: toy}\nmodel: {path: somewhere}\n"
                         "security: {insecure: true}\n"
                      << text;
  LearnerOptions::Flags flags;
  flags.config = path;
  return LoadLearnerOptions(flags);
}

TEST(LearnerOptionsTest, AnAdapterIsTheDefaultAndCanBeLeftOut) {
  const auto lora = Load("");
  ASSERT_TRUE(lora.ok()) << lora.status();
  ASSERT_TRUE(lora->lora.has_value());
  EXPECT_EQ(lora->lora->rank, 128u);
  EXPECT_EQ(lora->lora->alpha, 64.0);
  EXPECT_THAT(lora->lora->targets, ElementsAre("block"));
  EXPECT_FALSE(lora->lora->ignore_unmatched_targets);
  const auto full = Load("lora: {enabled: false}\n");
  ASSERT_TRUE(full.ok()) << full.status();
  EXPECT_FALSE(full->lora.has_value());
}

TEST(LearnerOptionsTest, NamesThatMatchNothingMayBePassedOver) {
  const auto options = Load(
      "lora: {targets: [q_proj, o_proj]}\n"
      "compat: [ignore_unmatched_targets]\n");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_THAT(options->lora->targets, ElementsAre("q_proj", "o_proj"));
  EXPECT_TRUE(options->lora->ignore_unmatched_targets);
}

TEST(LearnerOptionsTest, TheLargestCanvasLeavesTheRestOfTheContextToPrompts) {
  LearnerOptions options;
  DeskOptions& desk = options.desk;
  desk.max_prompt_tokens = 1024;
  desk.decode.canvas_tokens = 32;
  desk.eval_decode.resize(2);
  desk.eval_decode[1].canvas_tokens = 48;
  ASSERT_TRUE(FitToContext(128, options).ok());
  EXPECT_EQ(desk.max_prompt_tokens, 80u);
  EXPECT_EQ(desk.context, 128u);
  desk.max_prompt_tokens = 7;
  ASSERT_TRUE(FitToContext(128, options).ok());
  EXPECT_EQ(desk.max_prompt_tokens, 7u);
  EXPECT_THAT(std::string(FitToContext(48, options).message()),
              HasSubstr("a canvas of 48 leaves no room for a prompt"));
  // Where nothing is evaluated no canvas of evaluations counts.
  options.evaluation.at_start = options.evaluation.at_end = false;
  options.evaluation.every_rounds = 0;
  EXPECT_TRUE(FitToContext(48, options).ok());
}

}  // namespace
}  // namespace mdrl
