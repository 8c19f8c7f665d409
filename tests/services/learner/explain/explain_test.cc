#include "services/learner/explain/explain.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;
using Phase = RenewRequest::Phase;

WorkerFacts Ready(uint32_t slot) {
  WorkerFacts worker;
  worker.slot = slot;
  worker.name = "w" + std::to_string(slot);
  worker.state = WorkerState::kReady;
  worker.capacity = 2;
  worker.scorers = {{"sort", "1", "", {"bare"}}};
  return worker;
}

TicketFacts Waiting(uint64_t number) {
  TicketFacts ticket;
  ticket.id = {Purpose::kTrain, number};
  ticket.task = "sort";
  ticket.rubric = "bare";
  ticket.group_id.bytes[0] = static_cast<uint8_t>(number + 1);
  return ticket;
}

TicketFacts Leased(uint64_t number, uint32_t slot, Phase phase) {
  TicketFacts ticket = Waiting(number);
  ticket.state = TicketState::kLeased;
  ticket.attempts = 1;
  ticket.holder = TicketFacts::Holder{.slot = slot,
                                      .held_for = absl::Seconds(3),
                                      .phase = phase,
                                      .phase_for = absl::Seconds(1),
                                      .progress = 2,
                                      .progress_total = 8,
                                      .waits_for = Reason::kUnspecified,
                                      .moved_ago = absl::Milliseconds(100),
                                      .expires_in = absl::Seconds(15),
                                      .deadline_in = absl::Seconds(297)};
  return ticket;
}

// Round 3 of two groups each, waiting for both, with one worker.
RunFacts Waits() {
  RunFacts facts;
  facts.phase = LoopPhase::kWaitGroups;
  facts.any_version = true;
  facts.round = 3;
  facts.groups_per_round = 2;
  facts.can_draw = true;
  facts.workers = {Ready(0)};
  facts.tickets = {Leased(6, 0, Phase::kDecoding), Waiting(7)};
  facts.usual_group = absl::Seconds(2);
  facts.lease_for = absl::Seconds(15);
  facts.stall = absl::Seconds(10);
  facts.warmup = absl::Seconds(300);
  return facts;
}

TEST(ExplainTest, ARoundThatIsBeingDecodedIsNormal) {
  const FindingChain chain = ExplainRun(Waits());
  EXPECT_EQ(chain.front().text, "round 3 lacks 2 of 2 groups");
  EXPECT_EQ(chain.back().reason, Reason::kDecoding);
  EXPECT_EQ(chain.back().level, FindingLevel::kNormal);
}

TEST(ExplainTest, AGroupThatTakesFourTimesTheUsualStraggles) {
  RunFacts facts = Waits();
  facts.tickets[0].holder->held_for = absl::Seconds(9);
  facts.tickets[0].holder->deadline_in = absl::Seconds(212);
  const Finding root = ExplainRun(facts).back();
  EXPECT_EQ(root.reason, Reason::kGroupStraggles);
  EXPECT_EQ(root.level, FindingLevel::kSlow);
  EXPECT_EQ(root.acts_in, absl::Seconds(212));
  EXPECT_THAT(root.text, HasSubstr("train/6"));
  EXPECT_THAT(root.text, HasSubstr("is with w0"));
  EXPECT_THAT(root.text, HasSubstr("usually takes 2.0 s"));
}

TEST(ExplainTest, AGroupThatStandsStillIsLentAgainByTheEndOfItsLease) {
  RunFacts facts = Waits();
  facts.tickets[0].holder->moved_ago = absl::Seconds(11);
  facts.tickets[0].holder->expires_in = absl::Seconds(4);
  const Finding root = ExplainRun(facts).back();
  EXPECT_EQ(root.reason, Reason::kGroupStraggles);
  EXPECT_EQ(root.acts_in, absl::Seconds(4));
  EXPECT_THAT(root.text, HasSubstr("has not moved for 11 s"));
}

TEST(ExplainTest, AFrozenWorkerIsNamedAndItsLeasesGoToOthers) {
  RunFacts facts = Waits();
  facts.workers[0].state = WorkerState::kSuspect;
  facts.workers[0].heard_ago = absl::Seconds(5);
  facts.workers[0].leases = 1;
  const FindingChain chain = ExplainRun(facts);
  EXPECT_EQ(chain.back().reason, Reason::kWorkerLost);
  EXPECT_EQ(chain.back().level, FindingLevel::kSlow);
  EXPECT_EQ(chain.back().acts_in, absl::Seconds(10));
  EXPECT_THAT(chain.back().text, HasSubstr("last heard 5.0 s ago"));
}

TEST(ExplainTest, OnceItIsLostAndNobodyElseIsThereBothAreSaid) {
  RunFacts facts = Waits();
  facts.workers[0].state = WorkerState::kLost;
  facts.workers[0].heard_ago = absl::Seconds(20);
  facts.no_ready_worker_for = absl::Seconds(18);
  facts.tickets = {Waiting(6), Waiting(7)};
  const FindingChain chain = ExplainRun(facts);
  ASSERT_GE(chain.size(), 3u);
  EXPECT_EQ(chain[chain.size() - 2].reason, Reason::kNoWorker);
  EXPECT_EQ(chain.back().reason, Reason::kWorkerLost);
}

TEST(ExplainTest, NoWorkerIsNormalWhileTheyWarmUpAndStuckAfterwards) {
  RunFacts facts = Waits();
  facts.workers.clear();
  facts.tickets = {Waiting(6), Waiting(7)};
  facts.no_ready_worker_for = absl::Seconds(20);
  EXPECT_EQ(ExplainRun(facts).back().reason, Reason::kNoWorker);
  EXPECT_EQ(ExplainRun(facts).back().level, FindingLevel::kNormal);
  EXPECT_EQ(ExplainRun(facts).back().text, "no rollout worker has registered");
  facts.no_ready_worker_for = absl::Seconds(301);
  EXPECT_EQ(ExplainRun(facts).back().level, FindingLevel::kStuck);
}

TEST(ExplainTest, AWorkerOfAnotherBuildIsTheReasonThatThereIsNone) {
  RunFacts facts = Waits();
  facts.workers.clear();
  facts.tickets = {Waiting(6), Waiting(7)};
  facts.refused = {
      {"w9", "BUILD_DIFFERS: the worker's build is x", absl::Seconds(2)}};
  const Finding root = ExplainRun(facts).back();
  EXPECT_EQ(root.reason, Reason::kWorkerRefused);
  EXPECT_THAT(root.text, HasSubstr("BUILD_DIFFERS"));
}

TEST(ExplainTest, AScorerThatFailsIsNamedWithTaskAndRubric) {
  RunFacts facts = Waits();
  facts.tickets[0] = Leased(6, 0, Phase::kScoring);
  facts.tickets[0].holder->waits_for = Reason::kScorerError;
  const Finding root = ExplainRun(facts).back();
  EXPECT_EQ(root.reason, Reason::kScorerError);
  EXPECT_EQ(root.owner, "reward");
  EXPECT_THAT(root.text, HasSubstr("task sort, rubric bare"));
  facts.tickets[0].holder->phase_for = absl::Seconds(70);
  EXPECT_EQ(ExplainRun(facts).back().level, FindingLevel::kStuck);
}

TEST(ExplainTest, AVerifierIsSlowAfterFiveSeconds) {
  RunFacts facts = Waits();
  facts.tickets = {Leased(6, 0, Phase::kScoring)};
  EXPECT_EQ(ExplainRun(facts).back().level, FindingLevel::kNormal);
  facts.tickets[0].holder->phase_for = absl::Seconds(6);
  EXPECT_EQ(ExplainRun(facts).back().reason, Reason::kScorerSlow);
  EXPECT_EQ(ExplainRun(facts).back().level, FindingLevel::kSlow);
}

TEST(ExplainTest, APolicyThatCannotBeFetchedIsStuckAfterThreeFailures) {
  RunFacts facts = Waits();
  facts.tickets[0] = Leased(6, 0, Phase::kAwaitingPolicy);
  facts.workers[0].staging = {
      {{3, {}}, RenewRequest::Stage::kFailed, 0, "chunk 7 differs", 1}};
  EXPECT_EQ(ExplainRun(facts).back().reason, Reason::kPolicyFetch);
  EXPECT_EQ(ExplainRun(facts).back().level, FindingLevel::kSlow);
  facts.workers[0].staging[0].failures = 3;
  EXPECT_EQ(ExplainRun(facts).back().level, FindingLevel::kStuck);
  EXPECT_THAT(ExplainRun(facts).back().text, HasSubstr("chunk 7 differs"));
}

TEST(ExplainTest, ATaskThatNobodyScoresIsSaid) {
  RunFacts facts = Waits();
  facts.tickets = {Waiting(6)};
  facts.workers[0].scorers = {{"sudoku4", "1", "", {}}};
  EXPECT_EQ(ExplainRun(facts).back().reason, Reason::kScorerMissing);
  EXPECT_EQ(ExplainRun(facts).back().level, FindingLevel::kStuck);
}

TEST(ExplainTest, WithoutPromptsItSaysWhichSetsThereAre) {
  RunFacts facts = Waits();
  facts.tickets.clear();
  facts.can_draw = false;
  EXPECT_EQ(ExplainRun(facts).back().reason, Reason::kNoPrompts);
  EXPECT_EQ(ExplainRun(facts).back().text, "no prompt set was submitted yet");
  facts.sets = {{{}, "gsm", "sort", PromptSetState::kPaused, 5}};
  EXPECT_THAT(ExplainRun(facts).back().text,
              HasSubstr("prompt set gsm is paused"));
  facts.sets[0].state = PromptSetState::kActive;
  facts.sets[0].quarantined = {0, 1, 2, 3, 4};
  EXPECT_EQ(ExplainRun(facts).back().reason, Reason::kPromptPoison);
  facts.sets[0].quarantined.clear();
  facts.sets[0].over_length = 5;
  EXPECT_EQ(ExplainRun(facts).back().reason, Reason::kPromptOverLength);
}

TEST(ExplainTest, AFullDiskComesBeforeEverythingElse) {
  RunFacts facts = Waits();
  facts.ledger = Reason::kDiskFull;
  facts.ledger_for = absl::Seconds(7);
  const FindingChain chain = ExplainRun(facts);
  ASSERT_EQ(chain.size(), 1u);
  EXPECT_EQ(chain[0].reason, Reason::kDiskFull);
  EXPECT_EQ(chain[0].level, FindingLevel::kStuck);
  EXPECT_THAT(chain[0].next, HasSubstr("free space"));
}

TEST(ExplainTest, APausedRunSaysWhoPausedIt) {
  RunFacts facts = Waits();
  facts.paused = true;
  facts.paused_why = "power cut ahead";
  const Finding root = ExplainRun(facts).back();
  EXPECT_EQ(root.reason, Reason::kPaused);
  EXPECT_THAT(root.text, HasSubstr("power cut ahead"));
  EXPECT_TRUE(IsIntended(root.reason));
}

TEST(ExplainTest, AStepIsStuckAtTenTimesTheLongestOne) {
  RunFacts facts = Waits();
  facts.phase = LoopPhase::kTraining;
  facts.phase_detail = "round 2";
  facts.phase_longest = absl::Seconds(10);
  facts.phase_for = absl::Seconds(99);
  EXPECT_EQ(ExplainRun(facts).back().reason, Reason::kStepRunning);
  facts.phase_for = absl::Seconds(101);
  EXPECT_EQ(ExplainRun(facts).back().reason, Reason::kStepStuck);
  EXPECT_EQ(ExplainRun(facts).back().level, FindingLevel::kStuck);
}

TEST(ExplainTest, TheLoopsOwnPhasesHaveTheirReasons) {
  RunFacts facts = Waits();
  facts.phase = LoopPhase::kReplaying;
  EXPECT_EQ(ExplainRun(facts).back().reason, Reason::kReplaying);
  facts.phase = LoopPhase::kCheckpointing;
  EXPECT_EQ(ExplainRun(facts).back().reason, Reason::kCheckpointing);
  facts.stopped = Reason::kFinished;
  EXPECT_EQ(ExplainRun(facts).back().reason, Reason::kFinished);
  facts.failure = "exploded";
  EXPECT_EQ(ExplainRun(facts).back().reason, Reason::kInternal);
}

TEST(ExplainTest, TheWorstTicketOfTheRoundIsTheReason) {
  RunFacts facts = Waits();
  facts.workers.push_back(Ready(1));
  facts.workers[1].state = WorkerState::kSuspect;
  facts.workers[1].heard_ago = absl::Seconds(3);
  facts.tickets = {Leased(6, 0, Phase::kDecoding),
                   Leased(7, 1, Phase::kDecoding)};
  EXPECT_EQ(ExplainRun(facts).back().reason, Reason::kWorkerLost);
  EXPECT_EQ(ExplainRun(facts).back().subject, "w1");
}

TEST(ExplainTest, SubjectsAreFoundByTheNamesPeopleRead) {
  RunFacts facts = Waits();
  facts.sets = {{{}, "gsm", "sort", PromptSetState::kActive, 5}};
  for (const std::string& subject :
       {std::string("train/6"), std::string("6"),
        Print(facts.tickets[0].group_id), facts.tickets[0].group_id.ToHex()}) {
    const auto chain = Explain(facts, subject);
    ASSERT_TRUE(chain.ok()) << subject;
    EXPECT_EQ(chain->front().subject, "train/6");
  }
  EXPECT_EQ(Explain(facts, "w0")->front().subject, "train/6");
  EXPECT_THAT(Explain(facts, "gsm")->front().text,
              HasSubstr("5 of 5 prompts can be given"));
  EXPECT_EQ(Explain(facts, "nobody").status().code(),
            absl::StatusCode::kNotFound);
}

TEST(ExplainTest, AnIdleWorkerWaitsForWhatTheRunWaitsFor) {
  RunFacts facts = Waits();
  facts.tickets.clear();
  facts.can_draw = false;
  const auto chain = Explain(facts, "w0");
  ASSERT_TRUE(chain.ok());
  EXPECT_THAT(chain->front().text, HasSubstr("w0 is ready and has no work"));
  EXPECT_EQ(chain->back().reason, Reason::kNoPrompts);
}

TEST(ExplainTest, AnAttemptThatEndedBadlyIsNamedUntilTheNextOneBegins) {
  RunFacts facts = Waits();
  facts.tickets = {Waiting(6)};
  facts.tickets[0].attempts = 1;
  facts.tickets[0].last_end = Reason::kLeaseExpired;
  const Finding root = ExplainRun(facts).back();
  EXPECT_EQ(root.reason, Reason::kLeaseExpired);
  EXPECT_THAT(root.text, HasSubstr("attempt 1 ended as LEASE_EXPIRED"));
}

}  // namespace
}  // namespace mdrl
