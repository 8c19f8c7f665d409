#include "common/base/error.h"
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

class FrontDeskUsersTest : public testing::Test {
 protected:
  FrontDeskUsersTest() : rig_(RigOptions(2, 1)) {}

  PromptSetView Add(const std::string& name, uint64_t count, bool held_out) {
    PromptSetHeader header;
    header.name = name;
    header.held_out = held_out;
    const auto view = rig_.SubmitPrompts(RigPrompts(count, name), header);
    EXPECT_TRUE(view.ok()) << view.status();
    return view.ok() ? *view : PromptSetView{};
  }
  EvaluationView Start(EvaluateRequest request) {
    Awaited<EvaluationView> view;
    rig_.desk().Evaluate(std::move(request), view.answer());
    const auto come = view.Wait();
    EXPECT_TRUE(come.ok()) << come.status();
    return come.ok() ? *come : EvaluationView{};
  }

  Rig rig_;
};

TEST_F(FrontDeskUsersTest, APromptSetIsNamedByItsContent) {
  const PromptSetView view = Add("a", 5, false);
  EXPECT_EQ(view.sha256, PromptSetSha256(RigPrompts(5, "a")));
  EXPECT_EQ(view.count, 5u);
  EXPECT_EQ(view.state, PromptSetState::kActive);
  EXPECT_FALSE(view.already_known);
  EXPECT_EQ(rig_.desk().GetPromptSet({}, "a")->sha256, view.sha256);
  EXPECT_EQ(rig_.desk().GetPromptSet({}, "b").status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(FrontDeskUsersTest, KnownContentIsNotAddedAgain) {
  Add("a", 5, false);
  PromptSetHeader header;
  header.name = "other name";
  const auto again = rig_.SubmitPrompts(RigPrompts(5, "a"), header);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->already_known);
  EXPECT_EQ(again->name, "a");
  EXPECT_EQ(rig_.desk().Status(false, true).sets.size(), 1u);
}

TEST_F(FrontDeskUsersTest, ANameBelongsToOneContent) {
  Add("a", 5, false);
  PromptSetHeader header;
  header.name = "a";
  EXPECT_EQ(rig_.SubmitPrompts(RigPrompts(6, "b"), header).status().code(),
            absl::StatusCode::kAlreadyExists);
}

TEST_F(FrontDeskUsersTest, ARequestIdStandsForOneRequest) {
  PromptSetHeader header;
  header.name = "a";
  header.request_id = Request(1);
  ASSERT_TRUE(rig_.SubmitPrompts(RigPrompts(5, "a"), header).ok());
  EXPECT_TRUE(rig_.SubmitPrompts(RigPrompts(5, "a"), header)->already_known);
  EXPECT_EQ(rig_.SubmitPrompts(RigPrompts(6, "a"), header).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(FrontDeskUsersTest, WhatDoesNotFitIsRefusedByNameAndNothingIsKept) {
  PromptSetHeader header;
  header.name = "a";
  header.task = "chess";
  EXPECT_THAT(
      std::string(
          rig_.SubmitPrompts(RigPrompts(2, "w"), header).status().message()),
      HasSubstr("no task \"chess\" in this run; it has sort"));
  header.task = "sort";
  header.count = 3;
  EXPECT_THAT(
      std::string(
          rig_.SubmitPrompts(RigPrompts(2, "w"), header).status().message()),
      HasSubstr("announced 3 prompts, 2 came"));
  header.count = 2;
  header.sha256.bytes[0] = 1;
  EXPECT_EQ(rig_.SubmitPrompts(RigPrompts(2, "w"), header).status().code(),
            absl::StatusCode::kInvalidArgument);
  header.sha256 = {};
  auto prompts = RigPrompts(2, "w");
  prompts[1].turns.clear();
  EXPECT_THAT(
      std::string(rig_.SubmitPrompts(prompts, header).status().message()),
      HasSubstr("prompt 1 (p1): it has no turn"));
  EXPECT_TRUE(rig_.desk().Status(false, true).sets.empty());
}

TEST_F(FrontDeskUsersTest, OverLongPromptsAreCountedAndNeverLent) {
  auto prompts = RigPrompts(3, "w");
  prompts[0].turns[0].text = "far too long for this run";
  const auto view = rig_.SubmitPrompts(prompts);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->over_length, 1u);
  rig_.desk().Publish(RigSnapshot(0));
  RigWorker worker(rig_.desk(), "a", 1, 8);
  ASSERT_TRUE(worker.Register().ok());
  for (const Lease& lease : worker.Leases(8)) {
    EXPECT_NE(lease.prompt.index, 0u);
  }
}

TEST_F(FrontDeskUsersTest, ADryRunKeepsNothing) {
  PromptSetHeader header;
  header.name = "a";
  header.dry_run = true;
  EXPECT_EQ(rig_.SubmitPrompts(RigPrompts(5, "a"), header)->count, 5u);
  EXPECT_TRUE(rig_.desk().Status(false, true).sets.empty());
}

TEST_F(FrontDeskUsersTest, AnEvaluationAddsUpWhatWorkersBring) {
  Add("train", 4, false);
  const PromptSetView test = Add("test", 3, true);
  rig_.desk().Publish(RigSnapshot(0));
  EvaluateRequest request;
  request.group_size = 2;
  const EvaluationView started = Start(request);
  EXPECT_EQ(started.policy.version, 0u);
  ASSERT_EQ(started.rows.size(), 1u);
  EXPECT_EQ(started.rows[0].total, 6u);
  RigWorker worker(rig_.desk(), "a", 1, 16);
  ASSERT_TRUE(worker.Register().ok());
  for (const Lease& lease : worker.Leases(16)) {
    if (lease.purpose == Purpose::kEvaluate) {
      EXPECT_EQ(lease.exact_version, 0u);
      EXPECT_FALSE(lease.due_round.has_value());
    }
    ASSERT_TRUE(worker.Submit(RigGroup(lease)).ok());
  }
  const auto done = rig_.desk().AwaitEvaluation(started.id);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->state, EvaluationView::State::kDone);
  const EvaluationRow& row = done->rows[0];
  EXPECT_EQ(row.set_sha256, test.sha256);
  EXPECT_EQ(row.done, 6u);
  EXPECT_EQ(row.correct, 3u);
  EXPECT_EQ(row.reward_mean, 0.5);
  EXPECT_EQ(row.extra.at("correct_cells"), 18.0);
  ASSERT_EQ(row.examples.size(), 2u);
  EXPECT_EQ(row.examples[1].prompt.index, 1u);
}

TEST_F(FrontDeskUsersTest, TwoEvaluationsOfAPromptUseTheSameNoise) {
  Add("test", 1, true);
  rig_.desk().Publish(RigSnapshot(0));
  RigWorker worker(rig_.desk(), "a", 1, 4);
  ASSERT_TRUE(worker.Register().ok());
  std::vector<Lease> leases;
  for (int i = 0; i < 2; ++i) {
    Start({});
    leases.push_back(worker.Leases(1).at(0));
    ASSERT_TRUE(worker.Submit(RigGroup(leases.back())).ok());
  }
  EXPECT_NE(leases[0].key.group_id, leases[1].key.group_id);
  EXPECT_EQ(leases[0].philox_key, leases[1].philox_key);
}

TEST_F(FrontDeskUsersTest, AnEvaluationPinsItsVersionWhileTheRunGoesOn) {
  Add("test", 1, true);
  rig_.desk().Publish(RigSnapshot(0));
  const EvaluationView started = Start({});
  for (Version version = 1; version <= 6; ++version) {
    rig_.desk().Publish(RigSnapshot(version));
  }
  EXPECT_NE(rig_.desk().snapshots().Get(0), nullptr);
  EXPECT_EQ(rig_.desk().snapshots().Get(1), nullptr);
  Awaited<EvaluationView> cancelled;
  rig_.desk().GetEvaluation(started.id, absl::ZeroDuration(), /*cancel=*/true,
                            cancelled.answer());
  EXPECT_EQ(cancelled.Wait()->state, EvaluationView::State::kCancelled);
  EXPECT_EQ(rig_.desk().snapshots().Get(0), nullptr);
}

TEST_F(FrontDeskUsersTest, AWaitForAnEvaluationEndsWithItsTime) {
  Add("test", 1, true);
  rig_.desk().Publish(RigSnapshot(0));
  const EvaluationView started = Start({});
  Awaited<EvaluationView> view;
  rig_.desk().GetEvaluation(started.id, absl::Seconds(10), false,
                            view.answer());
  rig_.desk().Tick();
  EXPECT_FALSE(view.come());
  rig_.clock().Advance(absl::Seconds(10));
  rig_.desk().Tick();
  EXPECT_EQ(view.Wait()->state, EvaluationView::State::kWaiting);
}

TEST_F(FrontDeskUsersTest, AnEvaluationThatCannotBeIsRefused) {
  Awaited<EvaluationView> none;
  rig_.desk().Evaluate({}, none.answer());
  EXPECT_EQ(none.Wait().status().code(), absl::StatusCode::kFailedPrecondition);
  Add("test", 1, true);
  Awaited<EvaluationView> early;
  rig_.desk().Evaluate({}, early.answer());
  EXPECT_EQ(early.Wait().status().code(), absl::StatusCode::kNotFound);
  rig_.desk().Publish(RigSnapshot(0));
  EvaluateRequest request;
  request.decode = {RigDecode()};
  request.decode[0].block_tokens = 3;
  Awaited<EvaluationView> crooked;
  rig_.desk().Evaluate(request, crooked.answer());
  EXPECT_THAT(std::string(crooked.Wait().status().message()),
              HasSubstr("block_tokens 3 does not divide canvas_tokens 4"));
}

TEST_F(FrontDeskUsersTest, CloseWakesWhoeverWaitsForAnEvaluation) {
  Add("test", 1, true);
  rig_.desk().Publish(RigSnapshot(0));
  const EvaluationView started = Start({});
  Awaited<EvaluationView> view;
  rig_.desk().GetEvaluation(started.id, absl::Seconds(10), false,
                            view.answer());
  rig_.desk().Close();
  EXPECT_EQ(view.Wait().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(rig_.desk().AwaitEvaluation(started.id).status().code(),
            absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace mdrl
