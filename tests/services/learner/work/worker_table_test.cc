#include "services/learner/work/worker_table.h"

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

RunId OneRun() {
  RunId id;
  id.bytes[0] = 1;
  return id;
}

class WorkerTableTest : public testing::Test {
 protected:
  WorkerTableTest()
      : table_({.run_id = OneRun(),
                .epoch = 3,
                .build = BuildOf("1.0"),
                .base_model_hash = {},
                .tokenizer_hash = {}}) {}

  static Build BuildOf(const std::string& version) {
    Build build;
    build.version = version;
    return build;
  }
  static RegisterRequest Request(const std::string& name, uint8_t boot) {
    RegisterRequest request;
    request.name = name;
    request.boot_id.bytes[0] = boot;
    request.capacity = 2;
    request.build = BuildOf("1.0");
    return request;
  }
  Caller CallerOf(const Worker& worker) const {
    return {.run_id = OneRun(),
            .epoch = 3,
            .registration_id = worker.registration_id,
            .call = 1};
  }

  FakeClock clock_;
  WorkerTable table_;
};

TEST_F(WorkerTableTest, ANameKeepsItsSlot) {
  const uint32_t a =
      table_.Register(Request("a", 1), clock_.Now())->worker->slot;
  const uint32_t b =
      table_.Register(Request("b", 2), clock_.Now())->worker->slot;
  EXPECT_NE(a, b);
  clock_.Advance(absl::Seconds(20));
  table_.Expire(clock_.Now());
  EXPECT_EQ(table_.Register(Request("b", 3), clock_.Now())->worker->slot, b);
}

TEST_F(WorkerTableTest, ARepeatedRegisterGetsTheSameRegistration) {
  const auto first = table_.Register(Request("a", 1), clock_.Now());
  const RegistrationId id = first->worker->registration_id;
  const auto again = table_.Register(Request("a", 1), clock_.Now());
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->worker->registration_id, id);
}

TEST_F(WorkerTableTest, ANameInUseByALiveWorkerIsRefused) {
  ASSERT_TRUE(table_.Register(Request("a", 1), clock_.Now()).ok());
  const auto other = table_.Register(Request("a", 2), clock_.Now());
  EXPECT_EQ(other.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(other.status()), "NAME_IN_USE");
  clock_.Advance(absl::Seconds(3));  // two heartbeats missed: no longer live
  EXPECT_TRUE(table_.Register(Request("a", 2), clock_.Now()).ok());
}

TEST_F(WorkerTableTest, AnotherBuildModelOrTokenizerIsRefusedNamingBoth) {
  RegisterRequest request = Request("a", 1);
  request.build = BuildOf("2.0");
  EXPECT_THAT(
      std::string(table_.Register(request, clock_.Now()).status().message()),
      testing::AllOf(HasSubstr("BUILD_DIFFERS: "), HasSubstr("1.0"),
                     HasSubstr("2.0")));
  request = Request("a", 1);
  request.base_model_hash.bytes[0] = 0xAB;
  EXPECT_THAT(
      std::string(table_.Register(request, clock_.Now()).status().message()),
      testing::AllOf(HasSubstr("ab00"), HasSubstr("0000")));
  request = Request("a", 1);
  request.tokenizer_hash.bytes[0] = 0xCD;
  EXPECT_THAT(
      std::string(table_.Register(request, clock_.Now()).status().message()),
      HasSubstr("tokenizer"));
}

TEST_F(WorkerTableTest, CallsOfAnotherEpochOrRegistrationAreAborted) {
  const Worker& worker =
      *table_.Register(Request("a", 1), clock_.Now())->worker;
  Caller caller = CallerOf(worker);
  EXPECT_TRUE(table_.Hear(caller, clock_.Now()).ok());
  caller.epoch = 2;
  auto heard = table_.Hear(caller, clock_.Now());
  EXPECT_EQ(heard.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(heard.status()), "EPOCH_CHANGED");
  caller.epoch = 3;
  caller.registration_id.bytes[0] ^= 1;
  heard = table_.Hear(caller, clock_.Now());
  EXPECT_EQ(ReasonOf(heard.status()), "REGISTRATION_UNKNOWN");
}

TEST_F(WorkerTableTest, SilenceMakesAWorkerSuspectThenLost) {
  Worker& worker = *table_.Register(Request("a", 1), clock_.Now())->worker;
  const Caller caller = CallerOf(worker);
  RenewRequest renew;
  renew.state = RenewRequest::Worker::kReady;
  table_.Renewed(worker, renew);
  EXPECT_EQ(table_.StateOf(worker, clock_.Now()), WorkerState::kReady);
  EXPECT_EQ(table_.ReadyCapacity(clock_.Now()), 2u);
  clock_.Advance(absl::Seconds(3));
  EXPECT_EQ(table_.StateOf(worker, clock_.Now()), WorkerState::kSuspect);
  clock_.Advance(absl::Seconds(12));
  EXPECT_EQ(table_.Expire(clock_.Now()).size(), 1u);
  EXPECT_TRUE(table_.Expire(clock_.Now()).empty());
  EXPECT_FALSE(table_.Hear(caller, clock_.Now()).ok());
}

TEST_F(WorkerTableTest, MoreThan256NamesAreRefused) {
  for (int i = 0; i < 256; ++i) {
    ASSERT_TRUE(
        table_.Register(Request(absl::StrCat("w", i), 1), clock_.Now()).ok());
  }
  EXPECT_EQ(
      table_.Register(Request("one more", 1), clock_.Now()).status().code(),
      absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace mdrl
