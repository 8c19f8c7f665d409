#include "services/rollout/options.h"

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "common/net/exit_code.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<RolloutFlags> Parse(std::vector<std::string_view> arguments) {
  return ParseRolloutFlags(arguments);
}

std::string WriteConfig(const std::string& text) {
  const std::string path = ::testing::TempDir() + "/rollout_options.yaml";
  std::ofstream(path) << "run: {name: toy}\nmodel: {path: somewhere}\n" << text;
  return path;
}

absl::StatusOr<RolloutOptions> Make(const std::string& text,
                                    RolloutFlags flags = {},
                                    uint32_t cores = 8) {
  flags.config = WriteConfig(text);
  return MakeRolloutOptions(flags, cores);
}

constexpr char kOpen[] = "security: {insecure: true}\n";

TEST(RolloutOptionsTest, FlagsTakeBothSpellings) {
  const auto flags =
      Parse({"--config", "a.yaml", "--lanes=3", "--reward", "127.0.0.1:1",
             "--reward=127.0.0.1:2", "--name", "w", "--parent", "12"});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(flags->config, "a.yaml");
  EXPECT_EQ(flags->lanes, 3u);
  EXPECT_EQ(flags->parent, 12);
  EXPECT_THAT(flags->rewards, ElementsAre("127.0.0.1:1", "127.0.0.1:2"));
}

TEST(RolloutOptionsTest, WrongFlagsAreUsageErrors) {
  for (const auto& wrong : std::vector<std::vector<std::string_view>>{
           {},
           {"--config"},
           {"--config", "a", "--lanes", "0"},
           {"--config", "a", "--lanes", "x"},
           {"--config", "a", "--what", "x"}}) {
    EXPECT_EQ(ExitCodeOf(Parse(wrong).status()), 2);
  }
}

TEST(RolloutOptionsTest, ThreadsAndLanesFollowTheSchedule) {
  const auto turns = Make(std::string(kOpen) + "schedule: {max_staleness: 0}");
  ASSERT_TRUE(turns.ok()) << turns.status();
  EXPECT_EQ(turns->lanes, 8u);
  EXPECT_EQ(turns->threads_per_lane, 1);
  EXPECT_EQ(turns->capacity, 0u);
  const auto beside = Make(std::string(kOpen) +
                           "schedule: {max_staleness: 1}\nup: {rollouts: 2}");
  ASSERT_TRUE(beside.ok()) << beside.status();
  EXPECT_EQ(beside->lanes, 2u);
  EXPECT_EQ(beside->capacity, 16u);
  RolloutFlags flags;
  flags.threads = 6;
  flags.lanes = 2;
  const auto told = Make(kOpen, flags);
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->lanes, 2u);
  EXPECT_EQ(told->threads_per_lane, 3);
}

TEST(RolloutOptionsTest, TheFilesPeersGiveWayToFlags) {
  RolloutFlags flags;
  flags.learner = "127.0.0.1:9";
  const auto options =
      Make(std::string(kOpen) + "rollout: {peers: {reward: \"127.0.0.1:8\"}}",
           flags);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->learner, "127.0.0.1:9");
  EXPECT_THAT(options->rewards, ElementsAre("127.0.0.1:8"));
}

TEST(RolloutOptionsTest, WithoutTlsOnlyAnOpenRunIsServed) {
  const auto options = Make("");
  EXPECT_EQ(ExitCodeOf(options.status()), 77);
  EXPECT_THAT(std::string(options.status().message()),
              HasSubstr("security.insecure"));
}

TEST(RolloutOptionsTest, RowsPerForwardKeepLogitsSmall) {
  EXPECT_EQ(RowsPerForward(32, 8), 128u);
  EXPECT_EQ(RowsPerForward(126464, 32), 16u);
  EXPECT_EQ(RowsPerForward(126464, 65536), 1u);
}

}  // namespace
}  // namespace mdrl
