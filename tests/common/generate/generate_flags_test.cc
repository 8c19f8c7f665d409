#include "common/generate/generate_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mdrl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

absl::StatusOr<GenerateFlags> Parse(std::vector<std::string_view> arguments) {
  return ParseGenerateFlags(arguments);
}

std::string ErrorOf(std::vector<std::string_view> arguments) {
  return std::string(Parse(std::move(arguments)).status().message());
}

TEST(GenerateFlagsTest, WhatIsNotSaidHasThePublishedDefaults) {
  const auto flags = Parse({"--model", "m", "--prompt", "Hi"});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(flags->decode.canvas_tokens, 256u);
  EXPECT_EQ(flags->decode.block_tokens, 32u);
  EXPECT_EQ(flags->decode.decode_steps, 128u);
  EXPECT_EQ(flags->decode.temperature, 0.0f);
  EXPECT_EQ(flags->decode.reveal, Reveal::kLowConfidence);
  EXPECT_EQ(flags->decode.cache, DecodeCache::kNone);
  EXPECT_TRUE(flags->decode.stop_at_eos);
  EXPECT_EQ(flags->group_size, 1u);
  EXPECT_FALSE(flags->show_steps);
  EXPECT_FALSE(flags->decode_given);
}

TEST(GenerateFlagsTest, ALearnerNeedsNoModelButForItsTokenizer) {
  const auto flags = Parse({"--learner", "127.0.0.1:1", "--prompt", "Hi",
                            "--version=3", "--temperature=0.5"});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(flags->learner, "127.0.0.1:1");
  EXPECT_EQ(flags->version, 3u);
  EXPECT_FALSE(flags->seed.has_value());
  EXPECT_TRUE(flags->decode_given);
  EXPECT_THAT(ErrorOf({"--learner=a", "--prompt=x", "--show-steps"}),
              HasSubstr("--show-steps needs --model"));
  EXPECT_THAT(ErrorOf({"--learner=a", "--prompt=x", "--adapter=b"}),
              HasSubstr("--adapter is for decoding here"));
  EXPECT_THAT(ErrorOf({"--model=m", "--prompt=x", "--version=1"}),
              HasSubstr("--version is for --learner"));
}

TEST(GenerateFlagsTest, TheHelpHasEveryOptionAndEachIsTaken) {
  const std::string usage = GenerateUsage();
  for (const GenerateOption& option : GenerateOptions()) {
    EXPECT_THAT(usage, HasSubstr(option.name));
    // Known: what is wrong is the value, or what else is missing.
    EXPECT_THAT(ErrorOf({option.name}), Not(HasSubstr("unknown argument")));
  }
}

TEST(GenerateFlagsTest, EverySettingCanBeSaidInBothForms) {
  const auto flags = Parse(
      {"--model=m", "--adapter=a", "--prompts", "p.jsonl", "--canvas=64",
       "--block", "16", "--steps=8", "-n", "3", "--seed=7", "--cache=dual",
       "--reveal", "threshold", "--threshold=0.5", "--show-steps",
       "--no-stop-at-eos", "--reveals", "--compat=attend_padding"});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(flags->adapter, "a");
  EXPECT_EQ(flags->prompts_file, "p.jsonl");
  EXPECT_EQ(flags->decode.canvas_tokens, 64u);
  EXPECT_EQ(flags->decode.block_tokens, 16u);
  EXPECT_EQ(flags->decode.decode_steps, 8u);
  EXPECT_EQ(flags->decode.cache, DecodeCache::kDual);
  EXPECT_EQ(flags->decode.reveal, Reveal::kThreshold);
  EXPECT_EQ(flags->decode.threshold, 0.5f);
  EXPECT_FALSE(flags->decode.stop_at_eos);
  EXPECT_EQ(flags->group_size, 3u);
  EXPECT_EQ(flags->seed, 7u);
  EXPECT_TRUE(flags->show_steps);
  EXPECT_TRUE(flags->reveals);
  EXPECT_TRUE(flags->attend_padding);
  EXPECT_FALSE(flags->ignore_unmatched_targets);
}

TEST(GenerateFlagsTest, WhatCannotBeIsNamedWithWhatCould) {
  EXPECT_THAT(ErrorOf({"--prompt", "x"}), HasSubstr("--model is missing"));
  EXPECT_THAT(ErrorOf({"--model", "m"}),
              HasSubstr("either --prompt or --prompts"));
  EXPECT_THAT(ErrorOf({"--model", "m", "--prompt"}),
              HasSubstr("--prompt needs a value"));
  EXPECT_THAT(ErrorOf({"--colour=red"}),
              HasSubstr("unknown argument \"--colour=red\""));
  EXPECT_THAT(ErrorOf({"--canvas", "-3"}),
              HasSubstr("--canvas takes a number from 1 on, not \"-3\""));
  EXPECT_THAT(ErrorOf({"--cache=all"}),
              HasSubstr("--cache takes none, prefix or dual"));
  EXPECT_THAT(ErrorOf({"--threshold=1.5"}), HasSubstr("a probability"));
  EXPECT_THAT(ErrorOf({"--model=m", "--prompt=x", "--canvas=48"}),
              HasSubstr("--canvas 48 is not a multiple of --block 32"));
}

TEST(GenerateFlagsTest, HelpNeedsNothingElse) {
  const auto flags = Parse({"--help"});
  ASSERT_TRUE(flags.ok());
  EXPECT_TRUE(flags->help);
}

}  // namespace
}  // namespace mdrl
