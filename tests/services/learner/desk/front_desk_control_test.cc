// Pause and resume; states of prompt sets.
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/learner/desk/front_desk.h"
#include "tests/services/learner/desk/desk_rig.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

RequestId Request(uint8_t n) {
  RequestId id;
  id.bytes[0] = n;
  return id;
}

class FrontDeskControlTest : public testing::Test {
 protected:
  FrontDeskControlTest()
      : rig_(RigOptions(2, 0)), worker_(rig_.desk(), "w", 1) {
    set_ = Add("a", 6);
    rig_.desk().Publish(RigSnapshot(0));
    EXPECT_TRUE(worker_.Register().ok());
  }

  Digest Add(const std::string& name, uint64_t count, bool held_out = false) {
    PromptSetHeader header;
    header.name = name;
    header.held_out = held_out;
    const auto view = rig_.SubmitPrompts(RigPrompts(count, name), header);
    EXPECT_TRUE(view.ok()) << view.status();
    return view.ok() ? view->sha256 : Digest{};
  }
  absl::StatusOr<RunStatus> Pause(uint8_t request, const std::string& why) {
    Awaited<RunStatus> status;
    rig_.desk().Pause({Request(request), why}, status.answer());
    return status.Wait();
  }
  absl::StatusOr<RunStatus> Resume(uint8_t request) {
    Awaited<RunStatus> status;
    rig_.desk().Resume({Request(request), ""}, status.answer());
    return status.Wait();
  }
  absl::StatusOr<PromptSetView> SetState(const Digest& set,
                                         std::optional<PromptSetState> state,
                                         std::vector<uint64_t> lift = {},
                                         uint8_t request = 0) {
    Awaited<PromptSetView> view;
    rig_.desk().SetPromptSetState(
        {Request(request), set, state, std::move(lift)}, view.answer());
    return view.Wait();
  }

  Rig rig_;
  RigWorker worker_;
  Digest set_;
};

TEST_F(FrontDeskControlTest, APausedRunLendsNothingAndSaysSo) {
  const auto paused = Pause(1, "a power cut is announced");
  ASSERT_TRUE(paused.ok()) << paused.status();
  EXPECT_EQ(paused->state, RunStatus::State::kPaused);
  EXPECT_EQ(paused->waits_for, Reason::kPaused);
  EXPECT_THAT(paused->waits_text, HasSubstr("a power cut is announced"));
  const auto none = worker_.Lease(1, absl::ZeroDuration());
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_TRUE(none->leases.empty());
  EXPECT_EQ(none->none_because, Reason::kPaused);
  ASSERT_TRUE(Resume(2).ok());
  EXPECT_EQ(worker_.Leases(1).size(), 1u);
  EXPECT_EQ(rig_.desk().Status(false, false).state, RunStatus::State::kRunning);
}

TEST_F(FrontDeskControlTest, AResumeWakesTheCallThatWaits) {
  ASSERT_TRUE(Pause(1, "").ok());
  Awaited<LeaseReply> parked;
  rig_.desk().Lease(worker_.NextLeaseRequest(1, absl::Seconds(60)),
                    parked.answer());
  EXPECT_FALSE(parked.come());
  ASSERT_TRUE(Resume(2).ok());
  EXPECT_EQ(parked.Wait()->leases.size(), 1u);
}

TEST_F(FrontDeskControlTest, ACallThatNobodyListensToAnyMoreGetsNoWork) {
  ASSERT_TRUE(Pause(1, "").ok());
  Awaited<LeaseReply> parked;
  const LeaseRequest request = worker_.NextLeaseRequest(2, absl::Seconds(60));
  rig_.desk().Lease(request, parked.answer());
  rig_.desk().AbandonLease(request.caller);
  EXPECT_EQ(parked.Wait().status().code(), absl::StatusCode::kCancelled);
  ASSERT_TRUE(Resume(2).ok());
  EXPECT_EQ(rig_.desk().Status(true, false).workers[0].leases, 0u);
  EXPECT_EQ(worker_.Leases(2).size(), 2u);
}

TEST_F(FrontDeskControlTest, AFullRoundWaitsForTheResume) {
  for (const Lease& lease : worker_.Leases(2)) {
    ASSERT_TRUE(worker_.Submit(RigGroup(lease)).ok());
  }
  ASSERT_TRUE(Pause(1, "").ok());
  std::thread loop([this] { EXPECT_TRUE(rig_.TrainRound().ok()); });
  EXPECT_EQ(rig_.desk().Status(false, false).tickets.trained, 0u);
  ASSERT_TRUE(Resume(2).ok());
  loop.join();
  EXPECT_EQ(rig_.desk().Status(false, false).tickets.trained, 2u);
}

TEST_F(FrontDeskControlTest, StoppingWakesALoopThatIsPaused) {
  ASSERT_TRUE(Pause(1, "").ok());
  std::thread loop([this] {
    EXPECT_EQ(rig_.desk().AwaitResumed().code(), absl::StatusCode::kCancelled);
  });
  rig_.desk().Stop(Reason::kDraining);
  loop.join();
}

TEST_F(FrontDeskControlTest, ADrainEndsThePause) {
  ASSERT_TRUE(Pause(1, "").ok());
  Awaited<RunStatus> drained;
  rig_.desk().Drain({Request(2), "", false, ""}, drained.answer());
  ASSERT_TRUE(drained.Wait().ok());
  EXPECT_EQ(worker_.Leases(2).size(), 2u);
}

TEST_F(FrontDeskControlTest, ACommandSentAgainChangesNothing) {
  ASSERT_TRUE(Pause(1, "why").ok());
  ASSERT_TRUE(Resume(2).ok());
  // The lost reply of the first command is asked for once more.
  const auto again = Pause(1, "why");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->state, RunStatus::State::kRunning);
  EXPECT_EQ(Pause(1, "another").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(FrontDeskControlTest, WhatAPersonAsksForGoesOnWhileTheRunIsPaused) {
  const Digest held_out = Add("test", 2, true);
  ASSERT_TRUE(Pause(1, "").ok());
  Awaited<EvaluationView> evaluation;
  EvaluateRequest request;
  request.set_sha256 = {held_out};
  // A caller's own way to decode needs not name the ids that this model
  // forbids.
  request.decode = {RigDecode()};
  request.decode[0].decode_steps = 2;
  request.decode[0].forbid_ids.clear();
  rig_.desk().Evaluate(request, evaluation.answer());
  ASSERT_TRUE(evaluation.Wait().ok());
  const auto leases = worker_.Leases(4);
  ASSERT_EQ(leases.size(), 2u);
  EXPECT_EQ(leases[0].purpose, Purpose::kEvaluate);
  EXPECT_EQ(leases[0].decode.decode_steps, 2u);
  EXPECT_EQ(leases[0].decode.forbid_ids, RigDecode().forbid_ids);
  EXPECT_FALSE(leases[0].failure_reward.has_value());
}

TEST_F(FrontDeskControlTest, SetsAreListedPageByPage) {
  Add("b", 3);
  Add("c", 3);
  const auto first = rig_.desk().ListPromptSets(2, "");
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->sets.size(), 2u);
  EXPECT_EQ(first->sets[1].name, "b");
  const auto rest = rig_.desk().ListPromptSets(2, first->next_page_token);
  ASSERT_TRUE(rest.ok()) << rest.status();
  ASSERT_EQ(rest->sets.size(), 1u);
  EXPECT_EQ(rest->sets[0].name, "c");
  EXPECT_EQ(rest->next_page_token, "");
  EXPECT_EQ(rig_.desk().ListPromptSets(2, "x").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(FrontDeskControlTest, APausedSetGivesNoNewPrompt) {
  ASSERT_TRUE(SetState(set_, PromptSetState::kPaused).ok());
  // What is issued already goes on.
  for (const Lease& lease : worker_.Leases(2)) {
    ASSERT_TRUE(worker_.Submit(RigGroup(lease)).ok());
  }
  ASSERT_TRUE(rig_.TrainRound().ok());
  const RunStatus status = rig_.desk().Status(false, false);
  EXPECT_EQ(status.tickets.issued, 2u);
  EXPECT_EQ(status.waits_for, Reason::kNoPrompts);
  ASSERT_TRUE(SetState(set_, PromptSetState::kActive).ok());
  EXPECT_EQ(rig_.desk().Status(false, false).tickets.issued, 4u);
}

TEST_F(FrontDeskControlTest, ARetiredSetsOpenGroupsAreCancelledAndReplaced) {
  const auto leases = worker_.Leases(2);
  ASSERT_EQ(leases.size(), 2u);
  ASSERT_TRUE(worker_.Submit(RigGroup(leases[0])).ok());
  Add("b", 4);
  const auto retired = SetState(set_, PromptSetState::kRetired);
  ASSERT_TRUE(retired.ok()) << retired.status();
  EXPECT_EQ(retired->state, PromptSetState::kRetired);
  const auto late = worker_.Submit(RigGroup(leases[1]));
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_EQ(late->outcome, SubmitGroupReply::Outcome::kCancelled);
  // The ticket is the same, its prompt is of the other set.
  const auto again = worker_.Leases(1);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].ticket, leases[1].ticket);
  EXPECT_NE(again[0].prompt.set_sha256, set_);
  ASSERT_TRUE(worker_.Submit(RigGroup(again[0])).ok());
  EXPECT_TRUE(rig_.TrainRound().ok());
  EXPECT_EQ(SetState(set_, PromptSetState::kActive).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(FrontDeskControlTest, AnEvaluationOfARetiredSetEnds) {
  const Digest held_out = Add("test", 2, true);
  Awaited<EvaluationView> started;
  EvaluateRequest request;
  request.set_sha256 = {held_out};
  rig_.desk().Evaluate(request, started.answer());
  const auto id = started.Wait()->id;
  ASSERT_TRUE(SetState(held_out, PromptSetState::kRetired).ok());
  const auto over = rig_.desk().AwaitEvaluation(id);
  ASSERT_TRUE(over.ok()) << over.status();
  EXPECT_EQ(over->rows[0].service_errors, 2u);
}

TEST_F(FrontDeskControlTest, NothingMovesBetweenTrainingAndEvaluation) {
  const Digest held_out = Add("test", 2, true);
  EXPECT_EQ(SetState(held_out, PromptSetState::kActive).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(SetState(set_, PromptSetState::kHeldOut).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(SetState(Digest{}, PromptSetState::kPaused).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(FrontDeskControlTest, AQuarantineIsLiftedByIndex) {
  RigWorker other(rig_.desk(), "v", 2);
  ASSERT_TRUE(other.Register().ok());
  const auto first = worker_.Leases(1);
  ASSERT_TRUE(worker_.Return(first[0].key, Reason::kInternal).ok());
  const auto second = other.Leases(1);
  ASSERT_EQ(second[0].key.group_id, first[0].key.group_id);
  ASSERT_TRUE(other.Return(second[0].key, Reason::kInternal).ok());
  const auto view = rig_.desk().GetPromptSet(set_, "");
  ASSERT_EQ(view->quarantined.size(), 1u);
  EXPECT_EQ(SetState(set_, std::nullopt, {99}).status().code(),
            absl::StatusCode::kInvalidArgument);
  const auto lifted = SetState(set_, std::nullopt, view->quarantined);
  ASSERT_TRUE(lifted.ok()) << lifted.status();
  EXPECT_TRUE(lifted->quarantined.empty());
}

}  // namespace
}  // namespace mdrl
