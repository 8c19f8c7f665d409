#include "client/report/run_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

const absl::Time kStart = absl::FromUnixSeconds(1000);

v1::Event EventOf(const std::string& kind, const std::string& subject) {
  v1::Event event;
  event.set_kind(kind);
  event.set_subject(subject);
  return event;
}

v1::Event Step(uint64_t step, uint64_t round, uint64_t inner, double reward) {
  v1::Event event = EventOf("step", absl::StrCat(step));
  auto& numbers = *event.mutable_numbers();
  numbers["step"] = static_cast<double>(step);
  numbers["round"] = static_cast<double>(round);
  numbers["inner"] = static_cast<double>(inner);
  numbers["loss"] = -0.5;
  numbers["reward.sort.mean"] = reward;
  numbers["reward.sort.components.mean"] = 77.0;
  numbers["staleness.0"] = 2.0;
  numbers["staleness.1"] = 6.0;
  return event;
}

TEST(RunViewTest, ARoundHasOnePointOfTheCurveWhateverItsSteps) {
  RunView view;
  view.Take(Step(0, 0, 0, 0.25));
  view.Take(Step(1, 0, 1, 0.25));
  view.Take(Step(2, 1, 0, 0.75));
  const PageState state = view.StateAt(kStart);
  EXPECT_THAT(state.rewards,
              ElementsAre(Pair("sort", ElementsAre(0.25, 0.75))));
  EXPECT_EQ(state.steps, 3u);
  EXPECT_EQ(state.lag, 0.75);
  EXPECT_THAT(state.numbers, ElementsAre(Pair("loss", -0.5)));
}

TEST(RunViewTest, AnEvaluationRunsUntilItsEndIsTold) {
  RunView view;
  view.Take(EventOf("evaluation_started", "abcd"));
  EXPECT_EQ(view.running_evaluation(), "abcd");
  v1::Evaluation evaluation;
  evaluation.set_evaluation_id("\xab\xcd");
  evaluation.mutable_policy()->set_version(3);
  auto& row = *evaluation.add_rows();
  row.set_task("sort");
  row.set_done(5);
  row.set_total(16);
  view.Take(evaluation);
  view.Take(evaluation);  // asked again: still one row
  ASSERT_THAT(view.StateAt(kStart).evaluations, SizeIs(1));
  EXPECT_TRUE(view.StateAt(kStart).evaluations[0].running);

  v1::Event over = EventOf("evaluation_finished", "abcd");
  (*over.mutable_facts())["rows.0.task"] = "sort";
  (*over.mutable_numbers())["version"] = 3;
  (*over.mutable_numbers())["rows.0.canvas"] = 8;
  (*over.mutable_numbers())["rows.0.decode_steps"] = 4;
  (*over.mutable_numbers())["rows.0.done"] = 16;
  (*over.mutable_numbers())["rows.0.correct"] = 9;
  view.Take(over);
  EXPECT_EQ(view.running_evaluation(), "");
  const PageState state = view.StateAt(kStart);
  ASSERT_THAT(state.evaluations, SizeIs(1));
  EXPECT_FALSE(state.evaluations[0].running);
  EXPECT_EQ(state.evaluations[0].decode, "8/4");
  EXPECT_EQ(state.evaluations[0].correct, 9u);
}

v1::Status StatusWith(double waited, double trained) {
  v1::Status status;
  status.set_run("quick");
  (*status.mutable_busy_seconds())["wait_groups"] = waited;
  (*status.mutable_busy_seconds())["training"] = trained;
  return status;
}

TEST(RunViewTest, SharesOfTimeAreThoseOfTheLastWhile) {
  RunView view;
  view.Take(StatusWith(100, 0), kStart);
  view.Take(StatusWith(101, 3), kStart + absl::Seconds(4));
  const PageState state = view.StateAt(kStart + absl::Seconds(4));
  ASSERT_THAT(state.busy, SizeIs(1));
  EXPECT_EQ(state.busy[0].process, "learner");
  EXPECT_THAT(state.busy[0].shares,
              ElementsAre(Pair("training", 0.75), Pair("wait_groups", 0.25)));
}

TEST(RunViewTest, AProcessThatBeganAgainSpendsNoNegativeTime) {
  RunView view;
  view.Take(StatusWith(100, 50), kStart);
  view.Take(StatusWith(1, 51), kStart + absl::Seconds(4));
  const PageState state = view.StateAt(kStart + absl::Seconds(4));
  EXPECT_THAT(state.busy[0].shares,
              ElementsAre(Pair("training", 1.0), Pair("wait_groups", 0.0)));
}

TEST(RunViewTest, AnExplanationTakesThePlaceOfTheStatusSentence) {
  RunView view;
  v1::Status status = StatusWith(1, 1);
  status.set_waits_for(v1::REASON_DECODING);
  status.set_waits_text("workers are decoding");
  view.Take(status, kStart);
  EXPECT_EQ(view.StateAt(kStart).waits[0].reason, "DECODING");
  v1::Explanation explanation;
  auto& finding = *explanation.add_chain();
  finding.set_reason(v1::REASON_NO_WORKER);
  finding.set_level(v1::Explanation::STUCK);
  finding.set_text("no worker is there");
  finding.mutable_acts_in()->set_seconds(7);
  view.Take(explanation);
  const PageState state = view.StateAt(kStart);
  ASSERT_THAT(state.waits, SizeIs(1));
  EXPECT_EQ(state.waits[0].level, "STUCK");
  EXPECT_EQ(state.waits[0].acts_in, absl::Seconds(7));
}

TEST(RunViewTest, AStageEndsWithTheFirstPolicy) {
  RunView view;
  v1::Event sft = EventOf("sft", "stage-0");
  (*sft.mutable_numbers())["step"] = 100;
  (*sft.mutable_numbers())["steps"] = 900;
  view.Take(sft);
  EXPECT_EQ(view.StateAt(kStart).supervised->stage, 1u);
  view.Take(EventOf("policy_published", "0"));
  EXPECT_FALSE(view.StateAt(kStart).supervised.has_value());
  EXPECT_THAT(view.StateAt(kStart).news, IsEmpty());
}

TEST(RunViewTest, TheEndIsNoWait) {
  RunView view;
  v1::Status status = StatusWith(1, 1);
  status.set_waits_text("workers are decoding");
  view.Take(status, kStart);
  v1::Event end = EventOf("epoch_ended", "1");
  (*end.mutable_facts())["why"] = "the run is complete";
  view.Take(end);
  EXPECT_EQ(view.StateAt(kStart).state, "ENDED: the run is complete");
  EXPECT_THAT(view.StateAt(kStart).waits, IsEmpty());
}

TEST(RunViewTest, WhatItKeepsIsBounded) {
  RunView view;
  for (uint64_t i = 0; i < 5000; ++i) {
    view.Take(Step(i, i, 0, 0.5));
    view.Take(EventOf("worker_lost", "rollout-0"));
  }
  EXPECT_LE(view.StateAt(kStart).rewards["sort"].size(), 400u);
  EXPECT_LE(view.StateAt(kStart).news.size(), 20u);
}

}  // namespace
}  // namespace mdrl
