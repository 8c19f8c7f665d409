#include "common/wire/group_wire.h"

#include <functional>
#include <limits>
#include <string>

#include "common/base/error.h"
#include "common/wire/fields.h"
#include "common/wire/lease_wire.h"
#include "common/wire/prompt_wire.h"
#include "common/wire/score_wire.h"
#include "gtest/gtest.h"
#include "tests/common/wire/samples.h"

namespace mdrl {
namespace {

// The field at fault after `spoil`; "" if it was accepted.
std::string FieldOf(const std::function<void(v1::Group&)>& spoil) {
  v1::Group wire = ToProto(SampleGroup());
  spoil(wire);
  const auto group = FromProto(wire);
  if (group.ok()) return "";
  EXPECT_EQ(group.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(group.status()), kInvalidField);
  const std::string field = DetailOf(group.status()).field;
  EXPECT_EQ(group.status().message().substr(0, field.size() + 2), field + ": ");
  return field;
}

std::string LeaseFieldOf(const std::function<void(v1::Lease&)>& spoil) {
  v1::Lease wire = ToProto(SampleLease());
  spoil(wire);
  const auto lease = FromProto(wire);
  return lease.ok() ? "" : DetailOf(lease.status()).field;
}

TEST(GroupWireTest, BringsAGroupBack) {
  const auto back = FromProto(ToProto(SampleGroup()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, SampleGroup());
  EXPECT_EQ(ContentSha256(*back), ContentSha256(SampleGroup()));
}

TEST(GroupWireTest, RoundsConfidencesToHalves) {
  Group group = SampleGroup();
  group.completions[0].confidence[0] = 0.1f;
  const auto back = FromProto(ToProto(group));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_NEAR(back->completions[0].confidence[0], 0.1f, 0.1f / 2048);
}

TEST(GroupWireTest, PacksArraysLittleEndian) {
  const v1::Completion wire = ToProto(SampleGroup()).completions(0);
  EXPECT_EQ(wire.tokens_i32(),
            std::string("\x05\0\0\0\x81\xEC\x01\0\0\0\0\0\x07\0\0\0", 16));
  EXPECT_EQ(wire.reveal_step_u16(), std::string("\0\0\3\0\xFF\xFF\1\0", 8));
  EXPECT_EQ(wire.confidence_f16(), std::string("\0\x38\0\x34\0\0\0\x3A", 8));
}

TEST(GroupWireTest, EncodesEqualGroupsAsEqualBytes) {
  const GroupCodec codec = WireGroupCodec();
  const std::string bytes = codec.encode(SampleGroup());
  EXPECT_EQ(bytes, codec.encode(SampleGroup()));
  const auto back = codec.decode(bytes);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(codec.encode(*back), bytes);
}

TEST(GroupWireTest, RefusesArraysThatDoNotFitTheCanvas) {
  const auto first = [](v1::Group& g) { return g.mutable_completions(0); };
  EXPECT_EQ(FieldOf([&](v1::Group& g) {
              first(g)->mutable_tokens_i32()->pop_back();
            }),
            "completions[0].tokens_i32");
  EXPECT_EQ(FieldOf([&](v1::Group& g) { first(g)->clear_reveal_step_u16(); }),
            "completions[0].reveal_step_u16");
  EXPECT_EQ(FieldOf([&](v1::Group& g) {
              g.mutable_completions(1)->mutable_confidence_f16()->append(2,
                                                                         'x');
            }),
            "completions[1].confidence_f16");
  EXPECT_EQ(
      FieldOf([&](v1::Group& g) { g.mutable_decode()->set_canvas_tokens(6); }),
      "completions[0].tokens_i32");
}

TEST(GroupWireTest, RefusesNumbersThatCannotBe) {
  EXPECT_EQ(FieldOf([](v1::Group& g) {  // a half's infinity
              g.mutable_completions(0)->set_confidence_f16(
                  std::string("\0\x7C\0\0\0\0\0\0", 8));
            }),
            "completions[0].confidence_f16");
  EXPECT_EQ(FieldOf([](v1::Group& g) {  // token -1
              g.mutable_completions(0)->mutable_tokens_i32()->replace(
                  0, 4, "\xFF\xFF\xFF\xFF");
            }),
            "completions[0].tokens_i32");
  EXPECT_EQ(FieldOf([](v1::Group& g) {
              g.mutable_completions(0)->set_effective_tokens(5);
            }),
            "completions[0].effective_tokens");
  EXPECT_EQ(FieldOf([](v1::Group& g) {
              g.mutable_completions(0)->mutable_score()->set_reward(
                  std::numeric_limits<double>::quiet_NaN());
            }),
            "completions[0].score.reward");
  EXPECT_EQ(
      FieldOf([](v1::Group& g) { g.mutable_decode_took()->set_seconds(-1); }),
      "decode_took");
  EXPECT_EQ(FieldOf([](v1::Group& g) {
              g.mutable_score_took()->set_seconds(
                  std::numeric_limits<int64_t>::max());
            }),
            "score_took");
}

TEST(GroupWireTest, RefusesCompletionsOutOfOrder) {
  EXPECT_EQ(
      FieldOf([](v1::Group& g) { g.mutable_completions(1)->set_index(0); }),
      "completions[1].index");
  EXPECT_EQ(FieldOf([](v1::Group& g) { g.clear_completions(); }),
            "completions");
  EXPECT_EQ(FieldOf([](v1::Group& g) {
              while (g.completions_size() <= static_cast<int>(kMaxGroupSize)) {
                g.add_completions();
              }
            }),
            "completions");
}

TEST(GroupWireTest, RefusesSpansThatDoNotAscendFromTheFirstStep) {
  const auto spans = [](v1::Group& g) { return g.mutable_completions(0); };
  EXPECT_EQ(FieldOf([&](v1::Group& g) { spans(g)->clear_versions(); }),
            "completions[0].versions");
  EXPECT_EQ(FieldOf([&](v1::Group& g) {
              spans(g)->mutable_versions(0)->set_first_decode_step(1);
            }),
            "completions[0].versions");
  EXPECT_EQ(FieldOf([&](v1::Group& g) {
              spans(g)->mutable_versions(1)->set_first_decode_step(0);
            }),
            "completions[0].versions");
}

TEST(GroupWireTest, HoldsARewardIffSomethingWasScored) {
  EXPECT_EQ(FieldOf([](v1::Group& g) {
              g.mutable_completions(0)->mutable_score()->clear_reward();
            }),
            "completions[0].score.reward");
  EXPECT_EQ(FieldOf([](v1::Group& g) {
              g.mutable_completions(1)->mutable_score()->set_reward(0);
            }),
            "completions[1].score.reward");
}

TEST(GroupWireTest, RefusesIdsAndNumbersItDoesNotKnow) {
  EXPECT_EQ(
      FieldOf([](v1::Group& g) { g.mutable_key()->set_group_id("short"); }),
      "key.group_id");
  EXPECT_EQ(FieldOf([](v1::Group& g) { g.mutable_key()->set_attempt(0); }),
            "key.attempt");
  EXPECT_EQ(FieldOf([](v1::Group& g) {
              g.set_purpose(static_cast<v1::Purpose>(77));
            }),
            "purpose");
  EXPECT_EQ(FieldOf([](v1::Group& g) {
              g.mutable_completions(0)->mutable_score()->clear_outcome();
            }),
            "completions[0].score.outcome");
  EXPECT_EQ(FieldOf([](v1::Group& g) { g.clear_decode(); }),
            "decode.canvas_tokens");
}

TEST(GroupWireTest, SurvivesEveryDamagedByte) {
  const GroupCodec codec = WireGroupCodec();
  const std::string bytes = codec.encode(SampleGroup());
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (const int bit : {0, 3, 7}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      const auto group = codec.decode(damaged);  // either, but no crash
      if (group.ok()) {
        EXPECT_EQ(group->completions[0].tokens.size(),
                  group->decode.canvas_tokens);
      }
    }
    codec.decode(bytes.substr(0, at)).IgnoreError();
  }
  EXPECT_EQ(codec.decode("\xFF\xFF").status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(LeaseWireTest, BringsALeaseBack) {
  const auto back = FromProto(ToProto(SampleLease()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, SampleLease());
}

TEST(LeaseWireTest, TellsVersionZeroFromNone) {
  Lease lease = SampleLease();
  lease.min_version = std::nullopt;
  lease.exact_version = 0;
  lease.due_round = std::nullopt;
  const auto back = FromProto(ToProto(lease));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, lease);
}

TEST(LeaseWireTest, RefusesSettingsThatCannotBeDecoded) {
  const auto decode = [](v1::Lease& l) { return l.mutable_decode(); };
  EXPECT_EQ(LeaseFieldOf([&](v1::Lease& l) { decode(l)->set_block_tokens(3); }),
            "decode.block_tokens");
  EXPECT_EQ(LeaseFieldOf([&](v1::Lease& l) { decode(l)->set_block_tokens(0); }),
            "decode.block_tokens");
  EXPECT_EQ(LeaseFieldOf(
                [&](v1::Lease& l) { decode(l)->set_canvas_tokens(1 << 30); }),
            "decode.canvas_tokens");
  EXPECT_EQ(LeaseFieldOf([&](v1::Lease& l) { decode(l)->set_decode_steps(1); }),
            "decode.decode_steps");
  EXPECT_EQ(LeaseFieldOf([&](v1::Lease& l) { decode(l)->clear_temperature(); }),
            "decode.temperature");
  EXPECT_EQ(LeaseFieldOf([&](v1::Lease& l) { decode(l)->clear_threshold(); }),
            "decode.threshold");
  EXPECT_EQ(LeaseFieldOf([&](v1::Lease& l) {
              decode(l)->set_cfg_scale(std::numeric_limits<float>::infinity());
            }),
            "decode.cfg_scale");
  EXPECT_EQ(LeaseFieldOf([&](v1::Lease& l) { decode(l)->clear_swap_at(); }),
            "decode.swap_at");
}

TEST(LeaseWireTest, RefusesALeaseWithoutMeasure) {
  EXPECT_EQ(LeaseFieldOf([](v1::Lease& l) { l.clear_lease_for(); }),
            "lease_for");
  EXPECT_EQ(LeaseFieldOf([](v1::Lease& l) { l.set_group_size(0); }),
            "group_size");
  EXPECT_EQ(LeaseFieldOf([](v1::Lease& l) { l.set_group_size(1 << 20); }),
            "group_size");
  EXPECT_EQ(LeaseFieldOf([](v1::Lease& l) { l.set_prompt_tokens_i32("abc"); }),
            "prompt_tokens_i32");
  EXPECT_EQ(LeaseFieldOf([](v1::Lease& l) {
              (*l.mutable_rubric_weights())["x"] =
                  std::numeric_limits<double>::infinity();
            }),
            "rubric_weights");
  EXPECT_EQ(LeaseFieldOf([](v1::Lease& l) {
              l.mutable_prompt()->mutable_turns(1)->set_role(
                  std::string(kMaxNameBytes + 1, 'r'));
            }),
            "prompt.turns[1].role");
}

TEST(PromptWireTest, BringsAPromptWithoutASetBack) {
  Prompt prompt = SamplePrompt();
  prompt.set_sha256 = {};
  EXPECT_TRUE(ToProto(prompt).set_sha256().empty());
  const auto back = FromProto(ToProto(prompt));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, prompt);
}

}  // namespace
}  // namespace mdrl
