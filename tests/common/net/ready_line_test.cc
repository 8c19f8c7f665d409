#include "common/net/ready_line.h"

#include <utility>

#include "common/net/build_info.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

TEST(ReadyLineTest, LooksExactlyAsDocumented) {
  EXPECT_EQ(FormatReadyLine({.rpc = "127.0.0.1:40211", .metrics = {}}),
            R"({"ready":{"rpc":"127.0.0.1:40211"}})");
  EXPECT_EQ(
      FormatReadyLine({"127.0.0.1:40211", "127.0.0.1:40212"}),
      R"({"ready":{"rpc":"127.0.0.1:40211","metrics":"127.0.0.1:40212"}})");
}

TEST(ReadyLineTest, PrintsOneLineOnStdout) {
  testing::internal::CaptureStdout();
  EXPECT_TRUE(PrintReadyLine({"unix:/tmp/s", ""}).ok());
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "{\"ready\":{\"rpc\":\"unix:/tmp/s\"}}\n");
}

TEST(ReadyLineTest, ParsesWhatItFormats) {
  for (const ReadyLine& ready :
       {ReadyLine{"127.0.0.1:1", ""}, ReadyLine{"unix:/a\"b", "[::1]:2"}}) {
    const auto back = ParseReadyLine(FormatReadyLine(ready) + "\n");
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, ready);
  }
}

TEST(ReadyLineTest, IgnoresKeysItDoesNotKnow) {
  EXPECT_TRUE(ParseReadyLine(R"({"ready":{"rpc":"a:1","pid":7},"x":1})").ok());
}

TEST(ReadyLineTest, RefusesEverythingElse) {
  for (const char* line :
       {"", "ready", "[]", "null", "{}", R"({"ready":1})", R"({"ready":{}})",
        R"({"ready":{"rpc":7}})", R"({"ready":{"rpc":""}})",
        R"({"ready":{"rpc":"a:1","metrics":[]}})",
        R"({"ready":{"rpc":"a:1"}} x)"}) {
    EXPECT_EQ(ParseReadyLine(line).status().code(),
              absl::StatusCode::kInvalidArgument)
        << line;
  }
}

TEST(BuildInfoTest, NamesThisProgram) {
  const Build build = ThisBuild();
  EXPECT_FALSE(build.version.empty());
  EXPECT_FALSE(build.git.empty());
  EXPECT_EQ(build.proto_revision, kProtoRevision);
  EXPECT_EQ(build, ThisBuild());
}

}  // namespace
}  // namespace mdrl
