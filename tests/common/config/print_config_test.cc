#include "common/config/print_config.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <string>

#include "common/config/load_config.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

// Loads `text`, prints it and loads that again.
void ExpectRoundTrip(const std::string& text) {
  const auto first = LoadConfig({.path = "first", .text = text});
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string printed = PrintConfig(first->run);
  const auto second = LoadConfig({.path = "printed", .text = printed});
  ASSERT_TRUE(second.ok()) << second.status() << "\n" << printed;
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(first->run,
                                                                 second->run))
      << printed;
  EXPECT_EQ(printed, PrintConfig(second->run));
}

TEST(PrintConfigTest, DefaultsComeBackEqual) {
  ExpectRoundTrip("run: {name: r}\nmodel: {path: m}\n");
}

TEST(PrintConfigTest, EveryKindOfValueComesBackEqual) {
  ExpectRoundTrip(R"(
run: {name: r, dir: "a b: #c \"q\" \\ é", devices: [cpu], deterministic: false}
model: {path: "auto", dtype: float32}
compat: [x, "null", "", "~", "1", "true"]
tasks:
  "odd name: yes": {rubric: r, weights: {a: 0.1, b: -3e-6, c: 1}}
  b: {rubric: r, template: "", failure_reward: -1}
submit:
  - {make: {count: 3, split: test}, task: b, held_out: true, weight: 0.25}
  - {file: "x\ty\nz", task: b}
sft: {data: d}
evaluation: {decode: []}
timeouts: {heartbeat: 1500us, lease: 90m, chunk: 0.25s}
reward: {programs: {memory: 1048577B}}
optimizer: {warmup_steps: 3, lr: 0.1, eps: 1e-300}
)");
}

TEST(PrintConfigTest, AbsentKeysAreAutoAndWordsAreLowerCase) {
  const auto loaded =
      LoadConfig({.path = "", .text = "run: {name: r}\nmodel: {path: m}\n"});
  const std::string printed = PrintConfig(loaded->run);
  EXPECT_THAT(printed, HasSubstr("  dir: auto\n"));
  EXPECT_THAT(printed, HasSubstr("  level: info\n"));
  EXPECT_THAT(printed, HasSubstr("    reveal: low_confidence\n"));
  EXPECT_THAT(printed, HasSubstr("  commit_delay: 5ms\n"));
  EXPECT_THAT(printed, HasSubstr("  lr: 3e-06\n"));
}

}  // namespace
}  // namespace mdrl
