#include "services/learner/door/steering_wire.h"

#include <string>

#include "common/base/error.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

std::string Id(char fill, size_t size = 16) { return std::string(size, fill); }

template <typename Wire>
std::string FieldOf(const Wire& wire) {
  const auto record = FromProto(wire);
  return record.ok() ? "" : DetailOf(record.status()).field;
}

TEST(SteeringWireTest, AStateChangeNamesASetAndSaysWhat) {
  v1::SetPromptSetStateRequest wire;
  EXPECT_EQ(FieldOf(wire), "request_id");
  wire.set_request_id(Id('r'));
  EXPECT_EQ(FieldOf(wire), "sha256");
  wire.set_sha256(Id('s', 32));
  EXPECT_EQ(FieldOf(wire), "state");
  wire.add_lift_quarantine(7);
  ASSERT_TRUE(FromProto(wire).ok());
  EXPECT_FALSE(FromProto(wire)->state.has_value());
  wire.set_state(v1::PromptSet::RETIRED);
  EXPECT_EQ(FromProto(wire)->state, PromptSetState::kRetired);
  wire.set_state(static_cast<v1::PromptSet::State>(77));
  EXPECT_EQ(FieldOf(wire), "state");
}

TEST(SteeringWireTest, ACompletionIsNamedUnlessAnyWillDo) {
  v1::GetCompletionRequest wire;
  EXPECT_EQ(FieldOf(wire), "group_id");
  wire.set_any(true);
  EXPECT_TRUE(FromProto(wire)->any);
}

TEST(SteeringWireTest, AGenerationsFieldsAreReadOnlyWhereTheyAreSet) {
  v1::GenerateRequest wire;
  auto read = FromProto(wire);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_FALSE(read->decode.has_value());
  EXPECT_FALSE(read->version.has_value());
  EXPECT_FALSE(read->replay_group_id.has_value());
  wire.set_seed(0);
  wire.set_replay_group_id("short");
  EXPECT_EQ(FieldOf(wire), "replay_group_id");
  wire.set_replay_group_id(Id('g'));
  read = FromProto(wire);
  EXPECT_EQ(read->seed, 0u);
  EXPECT_TRUE(read->replay_group_id.has_value());
  wire.mutable_decode()->set_canvas_tokens(4);
  EXPECT_EQ(FieldOf(wire).substr(0, 6), "decode");
}

TEST(SteeringWireTest, AFindingKeepsWhatIsUnknownUnset) {
  const v1::Explanation wire =
      ToProto(ExplainView{.chain = {{.reason = Reason::kPaused,
                                     .level = FindingLevel::kNormal,
                                     .subject = "run",
                                     .owner = "person",
                                     .since = absl::Seconds(3),
                                     .acts_in = std::nullopt,
                                     .text = "paused",
                                     .next = "resume"}},
                          .seq = 9});
  ASSERT_EQ(wire.chain_size(), 1);
  EXPECT_EQ(wire.chain(0).reason(), v1::REASON_PAUSED);
  EXPECT_EQ(wire.chain(0).level(), v1::Explanation::NORMAL);
  EXPECT_EQ(wire.chain(0).since().seconds(), 3);
  EXPECT_FALSE(wire.chain(0).has_acts_in());
  EXPECT_EQ(wire.seq(), 9u);
}

TEST(SteeringWireTest, AStoryWithoutAGroupHasNone) {
  CompletionView view;
  view.state = TicketState::kLeased;
  const v1::Provenance wire = ToProto(view);
  EXPECT_EQ(wire.state(), "LEASED");
  EXPECT_FALSE(wire.has_group());
  EXPECT_FALSE(wire.has_prompt());
  EXPECT_FALSE(wire.has_advantage());
  EXPECT_FALSE(wire.has_submitted());
}

}  // namespace
}  // namespace mdrl
