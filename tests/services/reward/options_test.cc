#include "services/reward/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<RewardFlags> Parse(std::vector<std::string_view> arguments) {
  return ParseRewardFlags(arguments);
}

TEST(RewardOptionsTest, ServesOnTheDefaultAddressUnlessTold) {
  EXPECT_EQ(MakeRewardOptions(*Parse({}))->listen, "127.0.0.1:7071");
  EXPECT_EQ(MakeRewardOptions(*Parse({"--listen", "127.0.0.1:0"}))->listen,
            "127.0.0.1:0");
  EXPECT_EQ(MakeRewardOptions(*Parse({"--listen=[::1]:0"}))->listen, "[::1]:0");
}

TEST(RewardOptionsTest, ScoreTakesItsOwnArguments) {
  const auto flags = Parse({"score", "--task", "sort", "--in=a", "--out", "b",
                            "--weight", "cells=0.25"});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(flags->command, RewardFlags::Command::kScore);
  EXPECT_EQ(flags->task, "sort");
  EXPECT_EQ(flags->weights.at("cells"), 0.25);
}

TEST(RewardOptionsTest, WrongArgumentsAreUsageErrorsByName) {
  const std::pair<std::vector<std::string_view>, const char*> cases[] = {
      {{"--port", "1"}, "--port"},
      {{"serve"}, "serve"},
      {{"--listen"}, "--listen needs a value"},
      {{"--task", "sort"}, "--task"},
      {{"score", "--listen", "x"}, "--listen"},
      {{"score", "--task", "sort"}, "--in"},
      {{"score", "--weight", "cells"}, "COMPONENT=NUMBER"},
      {{"score", "--weight", "cells=nan"}, "COMPONENT=NUMBER"},
      {{"--set", "run.seed=1"}, "--set needs --config"}};
  for (const auto& [arguments, part] : cases) {
    const absl::Status status = ParseRewardFlags(arguments).status();
    EXPECT_EQ(DetailOf(status).reason, reason::kUsage) << part;
    EXPECT_THAT(std::string(status.message()), HasSubstr(part));
  }
}

TEST(RewardOptionsTest, HelpAndVersionWinOverWhatFollows) {
  EXPECT_EQ(Parse({"--help", "--nonsense"})->command,
            RewardFlags::Command::kHelp);
  EXPECT_EQ(Parse({"score", "--version"})->command,
            RewardFlags::Command::kVersion);
}

TEST(RewardOptionsTest, AMissingConfigurationIsNamed) {
  const auto options = MakeRewardOptions(*Parse({"--config", "no/run.yaml"}));
  EXPECT_FALSE(options.ok());
  EXPECT_THAT(std::string(options.status().message()),
              HasSubstr("no/run.yaml"));
}

}  // namespace
}  // namespace mdrl
