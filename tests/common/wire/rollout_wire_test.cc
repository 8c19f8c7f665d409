#include "common/wire/rollout_wire.h"

#include <string>

#include "common/base/error.h"
#include "common/wire/fields.h"
#include "common/wire/score_wire.h"
#include "common/wire/serialise.h"
#include "gtest/gtest.h"
#include "tests/common/wire/samples.h"

namespace mdrl {
namespace {

// The records of calls have no ==: what comes back is compared as sent again.
template <typename Record>
void ExpectRoundTrip(const Record& record) {
  const auto wire = ToProto(record);
  const auto back = FromProto(wire);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(Serialise(ToProto(*back)), Serialise(wire)) << wire.DebugString();
}

template <typename Wire>
std::string FieldOf(const Wire& wire) {
  const auto record = FromProto(wire);
  return record.ok() ? "" : DetailOf(record.status()).field;
}

// Every field of `message` is set, so that a forgotten one cannot hide.
void ExpectComplete(const google::protobuf::Message& message) {
  const auto* descriptor = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    if (field->name() == "nccl_id") continue;  // no transport uses it yet
    const bool is_set = field->is_repeated()
                            ? reflection->FieldSize(message, field) > 0
                            : reflection->HasField(message, field);
    EXPECT_TRUE(is_set) << field->full_name();
    if (field->cpp_type() !=
            google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE ||
        field->is_map()) {
      continue;
    }
    if (!field->is_repeated()) {
      if (field->message_type()->full_name() != "google.protobuf.Duration") {
        ExpectComplete(reflection->GetMessage(message, field));
      }
    } else if (reflection->FieldSize(message, field) > 0) {
      ExpectComplete(reflection->GetRepeatedMessage(message, field, 0));
    }
  }
}

Caller SampleCaller() {
  return {Filled<RunId>(1), 2, Filled<RegistrationId>(3), 4};
}
LeaseKey SampleKey() { return {Filled<GroupId>(9), 2}; }
PolicyRef SampleRef() { return {7, Filled<Digest>(50)}; }

RegisterRequest SampleRegister() {
  return {"worker-a",
          Filled<BootId>(2),
          3,
          SampleBuild(),
          "cpu",
          uint64_t{1} << 36,
          4,
          Filled<Digest>(10),
          Filled<Digest>(20),
          {{"sudoku4", "3", "seccomp", {"spg.train", "eval"}}},
          {SampleKey()},
          {SampleRef()}};
}
RegisterReply SampleRegisterReply() {
  return {Filled<RunId>(1),
          2,
          Filled<RegistrationId>(3),
          255,
          SampleBuild(),
          SampleRef(),
          {SampleKey()},
          absl::Seconds(1),
          absl::Seconds(15),
          absl::Seconds(300),
          std::string("\x08\x01\xFF", 3)};
}
RenewRequest SampleRenew() {
  return {
      SampleCaller(),
      RenewRequest::Worker::kReady,
      {{SampleKey(), RenewRequest::Phase::kDecoding, 5, 8, Reason::kDecoding}},
      SampleRef(),
      {{SampleRef(), RenewRequest::Stage::kFailed, 9, "canary", 3}},
      77,
      12,
      {{"decode", 1.5}}};
}
RenewReply SampleRenewReply() {
  return {absl::Seconds(15),
          {SampleKey()},
          {{SampleKey(), Reason::kSuperseded}},
          SampleRef(),
          5,
          true};
}

TEST(RolloutWireTest, BringsEveryCallBackWithAllFields) {
  ExpectRoundTrip(SampleCaller());
  ExpectRoundTrip(SampleRegister());
  ExpectRoundTrip(SampleRegisterReply());
  ExpectRoundTrip(LeaseRequest{SampleCaller(), 3, absl::Seconds(20)});
  ExpectRoundTrip(LeaseReply{{SampleLease()}, Reason::kTicketsSpent});
  ExpectRoundTrip(SampleRenew());
  ExpectRoundTrip(SampleRenewReply());
  ExpectRoundTrip(
      SubmitGroupRequest{SampleCaller(), Filled<Digest>(4), SampleGroup()});
  ExpectRoundTrip(
      SubmitGroupReply{SubmitGroupReply::Outcome::kCancelled, 2, 99});
  ExpectRoundTrip(ReturnLeaseRequest{
      SampleCaller(), {{SampleKey(), Reason::kDraining, "going home"}}});
  ExpectRoundTrip(ReturnLeaseReply{{SampleKey()}});
  ExpectRoundTrip(PolicyEvent{PolicyEvent::Kind::kRetired, SampleRef(), 5, 2});
}

TEST(RolloutWireTest, ForgetsNoField) {
  ExpectComplete(ToProto(SampleRegister()));
  ExpectComplete(ToProto(SampleRegisterReply()));
  ExpectComplete(ToProto(SampleRenew()));
  ExpectComplete(ToProto(SampleRenewReply()));
  ExpectComplete(ToProto(LeaseReply{{SampleLease()}, Reason::kTicketsSpent}));
  ExpectComplete(
      ToProto(PolicyEvent{PolicyEvent::Kind::kRetired, SampleRef(), 5, 2}));
}

TEST(RolloutWireTest, AcceptsAnEmptyCaller) {
  EXPECT_EQ(FieldOf(v1::Caller()), "");
  v1::Caller half;
  half.set_run_id("12345678");
  EXPECT_EQ(FieldOf(half), "run_id");
}

TEST(RolloutWireTest, RefusesEmptyMessagesThatNeedContent) {
  EXPECT_EQ(FieldOf(v1::RegisterRequest()), "boot_id");
  EXPECT_EQ(FieldOf(v1::RegisterResponse()), "run_id");
  EXPECT_EQ(FieldOf(v1::RenewRequest()), "state");
  EXPECT_EQ(FieldOf(v1::SubmitGroupRequest()), "content_sha256");
  EXPECT_EQ(FieldOf(v1::SubmitGroupResponse()), "outcome");
  EXPECT_EQ(FieldOf(v1::PolicyEvent()), "kind");
}

TEST(RolloutWireTest, NamesThePlaceInNestedLists) {
  v1::RenewRequest renew = ToProto(SampleRenew());
  renew.add_leases();
  EXPECT_EQ(FieldOf(renew), "leases[1].key.group_id");
  renew = ToProto(SampleRenew());
  renew.mutable_staging(0)->set_stage(static_cast<v1::RenewRequest::Stage>(50));
  EXPECT_EQ(FieldOf(renew), "staging[0].stage");
  renew = ToProto(SampleRenew());
  renew.mutable_leases(0)->set_waits_for(static_cast<v1::Reason>(1000));
  EXPECT_EQ(FieldOf(renew), "leases[0].waits_for");

  v1::SubmitGroupRequest submit = ToProto(
      SubmitGroupRequest{SampleCaller(), Filled<Digest>(4), SampleGroup()});
  submit.mutable_group()->mutable_completions(1)->clear_tokens_i32();
  EXPECT_EQ(FieldOf(submit), "group.completions[1].tokens_i32");
}

TEST(RolloutWireTest, CapsLists) {
  v1::ReturnLeaseRequest many;
  for (size_t i = 0; i <= kMaxItems; ++i) many.add_leases();
  EXPECT_EQ(FieldOf(many), "leases");
  v1::RegisterResponse reply = ToProto(SampleRegisterReply());
  reply.set_slot(256);
  EXPECT_EQ(FieldOf(reply), "slot");
}

TEST(ScoreWireTest, BringsRequestReplyAndTasksBack) {
  const ScoreRequest request{Filled<GroupId>(1),
                             SamplePrompt(),
                             {{0, "one"}, {3, "two"}},
                             "spg.train",
                             {{"xml", 0.5}, {"correct", 2.0}}};
  const ScoreReply reply{
      {{3, SampleScore()}, {0, SampleScore()}}, SampleBuild(), "seccomp"};
  const TaskListing tasks{{{"sudoku4",
                            "3",
                            {"correct"},
                            true,
                            {"spg.train"},
                            "{\"puzzle\", \"solution\"}",
                            {{"spg.train", {{"correct", 1.0, 0.0, 1.0}}}}}},
                          "seccomp",
                          SampleBuild()};
  ExpectRoundTrip(request);
  ExpectRoundTrip(reply);
  ExpectRoundTrip(tasks);
  ExpectComplete(ToProto(reply));
  ExpectComplete(ToProto(tasks));
}

TEST(ScoreWireTest, RefusesTooManyTextsAndRepeatedIndices) {
  v1::ScoreRequest request;
  for (size_t i = 0; i <= kMaxScoreTexts; ++i) {
    request.add_texts()->set_index(static_cast<uint32_t>(i));
  }
  EXPECT_EQ(FieldOf(request), "texts");
  request.mutable_texts()->RemoveLast();
  EXPECT_EQ(FieldOf(request), "");
  request.mutable_texts(0)->set_index(1);
  EXPECT_EQ(FieldOf(request), "texts");
}

TEST(ReasonWireTest, NamesReasonsAsTheWireDoes) {
  for (int number = 1; number < v1::Reason_ARRAYSIZE; ++number) {
    EXPECT_EQ("REASON_" + std::string(ReasonName(static_cast<Reason>(number))),
              v1::Reason_Name(static_cast<v1::Reason>(number)));
  }
}

}  // namespace
}  // namespace mdrl
