// A prompt of one's own to a learner that remembers what it was told.
#include "client/command/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/format/file.h"
#include "common/wire/group_wire.h"
#include "tests/client/command/fake_learner.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

class GenerateTest : public LearnerTest {
 protected:
  GenerateTest() {
    Group group;
    group.key.group_id.bytes[0] = 1;
    group.key.attempt = 1;
    group.purpose = Purpose::kGenerate;
    group.decode.canvas_tokens = group.decode.block_tokens = 3;
    group.decode.decode_steps = 3;
    group.decode.reveal = Reveal::kLowConfidence;
    group.decode.cache = DecodeCache::kNone;
    group.decode.swap_at = SwapAt::kGroup;
    Completion completion;
    completion.tokens = {4, 5, 6};
    completion.reveal_step = {2, 0, 0};
    completion.confidence = {0.5f, 1.0f, 1.0f};
    completion.effective_tokens = 3;
    completion.truncated = true;
    completion.forwards = 3;
    completion.versions = {{0, 9}};
    group.completions = {completion};
    *run_.generated.mutable_group() = ToProto(group);
    run_.generated.mutable_policy()->set_version(9);
    run_.generated.add_texts("012");
    const absl::Status readable = FromProto(run_.generated.group()).status();
    EXPECT_TRUE(readable.ok()) << readable;
    flags_.learner = session_.learner;
    flags_.prompt = "<bos>31<sep>";
  }

  GenerateFlags flags_;
};

TEST_F(GenerateTest, TheRunsOwnSettingsHoldUnlessOneIsSaid) {
  const absl::Status status = RunGenerate(session_, flags_);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_FALSE(run_.generate.has_decode());
  EXPECT_FALSE(run_.generate.has_seed());
  EXPECT_FALSE(run_.generate.has_version());
  EXPECT_EQ(run_.generate.turns(0).text(), "<bos>31<sep>");
  EXPECT_EQ(run_.generate.request_id().size(), 16u);
  EXPECT_THAT(out_.str(), HasSubstr(R"("text":"012")"));
  EXPECT_THAT(out_.str(), HasSubstr(R"("version":9)"));
  EXPECT_EQ(err_.str(), "");
}

TEST_F(GenerateTest, WhatIsSaidIsSent) {
  flags_.decode.canvas_tokens = 4;
  flags_.decode.block_tokens = 2;
  flags_.decode.decode_steps = 2;
  flags_.decode_given = true;
  flags_.group_size = 3;
  flags_.seed = 7;
  flags_.version = 8;
  flags_.prompts_file = File(
      "{\"prompt\": \"a\", \"id\": \"x\"}\n"
      "{\"prompt\": \"b\", \"prefill\": \"so\"}\n");
  flags_.out = (folder_ / "out.jsonl").string();
  const absl::Status status = RunGenerate(session_, flags_);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(run_.generate.turns(0).text(), "b");
  EXPECT_EQ(run_.generate.prefill(), "so");
  EXPECT_EQ(run_.generate.decode().canvas_tokens(), 4u);
  EXPECT_EQ(run_.generate.group_size(), 3u);
  EXPECT_EQ(run_.generate.seed(), 7u);
  EXPECT_EQ(run_.generate.version(), 8u);
  EXPECT_EQ(out_.str(), "");
  const auto lines = ReadFile(flags_.out);
  ASSERT_TRUE(lines.ok()) << lines.status();
  EXPECT_THAT(*lines, HasSubstr(R"({"id":"x","completion":0,"text":"012")"));
  EXPECT_THAT(*lines, HasSubstr(R"({"id":"1","completion":0,"text":"so012")"));
}

TEST_F(GenerateTest, RecordedStepsAreSpeltByTheModelsTokenizer) {
  flags_.model = "examples/sort/model";
  flags_.show_steps = true;
  const absl::Status status = RunGenerate(session_, flags_);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(err_.str(), "step 1/3 \u259112\nstep 3/3 012\n");
}

TEST_F(GenerateTest, ARefusalNamesThePrompt) {
  run_.refuses_generate = true;
  const absl::Status status = RunGenerate(session_, flags_);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("prompt 0: turns"));
}

}  // namespace
}  // namespace mdrl
