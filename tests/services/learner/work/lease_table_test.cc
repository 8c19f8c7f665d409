#include "services/learner/work/lease_table.h"

#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"

namespace mdrl {
namespace {

using Outcome = SubmitGroupReply::Outcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint64_t kAnyCapacity = 100;

RegistrationId Registration(uint8_t n) {
  RegistrationId id;
  id.bytes[0] = n;
  return id;
}

GroupId GroupOf(uint64_t n) {
  GroupId id;
  id.bytes[0] = static_cast<uint8_t>(n);
  id.bytes[1] = static_cast<uint8_t>(n >> 8);
  return id;
}

Digest Content(uint8_t n) {
  Digest digest;
  digest.bytes[0] = n;
  return digest;
}

bool CanDoAll(const Ticket&) { return true; }

class LeaseTableTest : public testing::Test {
 protected:
  explicit LeaseTableTest(LeaseTableOptions options = {.groups_per_round = 2,
                                                       .max_staleness = 1})
      : table_(options) {
    table_.SetNewest(0);
  }

  void IssueAll() {
    while (auto ticket = table_.NextTraining(kAnyCapacity)) {
      ticket->of.group_id = GroupOf(ticket->id.number);
      table_.Issue(*ticket);
    }
  }
  std::vector<Ticket> Grant(uint8_t worker, uint32_t room, uint64_t call = 1) {
    return table_.Grant({.registration = Registration(worker),
                         .slot = worker,
                         .room = room,
                         .call = call,
                         .can_do = CanDoAll},
                        clock_.Now());
  }
  static LeaseTable::Submission Of(const Ticket& ticket, uint8_t content = 1) {
    const Version version = ticket.exact_version.value_or(0);
    return {.key = {ticket.of.group_id, ticket.attempts},
            .purpose = ticket.id.purpose,
            .ticket = ticket.id.number,
            .content_sha256 = Content(content),
            .version_min = version,
            .version_max = version};
  }
  Outcome Submit(const LeaseTable::Submission& submission) {
    const auto verdict = table_.Judge(submission);
    if (!verdict.ok()) return Outcome::kUnspecified;
    if (verdict->outcome == Outcome::kAccepted) table_.Accept(submission);
    return verdict->outcome;
  }
  RenewRequest Heartbeat(uint8_t worker, const std::vector<Ticket>& held,
                         uint64_t progress, uint64_t call_seen = 1) {
    RenewRequest request;
    request.caller.registration_id = Registration(worker);
    request.lease_call_seen = call_seen;
    for (const Ticket& ticket : held) {
      request.leases.push_back({.key = {ticket.of.group_id, ticket.attempts},
                                .phase = RenewRequest::Phase::kDecoding,
                                .progress = progress,
                                .progress_total = 100});
    }
    return request;
  }
  void TrainRound(uint64_t round) {
    table_.BeginRound(round);
    table_.FinishRound(round);
    table_.SetNewest(round + 1);
  }

  FakeClock clock_;
  LeaseTable table_;
};

// A worked example: B = 2 groups a round, lag k = 1.
TEST_F(LeaseTableTest, RoundsOneBehindUseTheVersionBeforeTheirRound) {
  IssueAll();
  EXPECT_EQ(table_.counts(Purpose::kTrain).issued, 4u);
  for (uint64_t n = 0; n < 4; ++n) {
    EXPECT_EQ(table_.Find({Purpose::kTrain, n})->exact_version, 0u) << n;
    EXPECT_EQ(table_.Find({Purpose::kTrain, n})->due_round, n / 2) << n;
  }
  for (const Ticket& ticket : Grant(1, 4)) {
    EXPECT_EQ(Submit(Of(ticket)), Outcome::kAccepted);
  }
  TrainRound(0);
  IssueAll();
  EXPECT_EQ(table_.counts(Purpose::kTrain).issued, 6u);
  EXPECT_EQ(table_.Find({Purpose::kTrain, 4})->exact_version, 1u);
  TrainRound(1);
  IssueAll();
  EXPECT_EQ(table_.Find({Purpose::kTrain, 6})->exact_version, 2u);
}

class InStepTest : public LeaseTableTest {
 protected:
  InStepTest() : LeaseTableTest({.groups_per_round = 2, .max_staleness = 0}) {}
};

TEST_F(InStepTest, WithoutStalenessOnlyTheRoundBeingFilledIsIssued) {
  IssueAll();
  EXPECT_EQ(table_.counts(Purpose::kTrain).issued, 2u);
  for (const Ticket& ticket : Grant(1, 4)) Submit(Of(ticket));
  EXPECT_FALSE(table_.NextTraining(kAnyCapacity).has_value());
  TrainRound(0);
  const auto next = table_.NextTraining(kAnyCapacity);
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->id.number, 2u);
  EXPECT_EQ(next->exact_version, 1u);
}

TEST_F(LeaseTableTest, NothingIsIssuedBeforeTheFirstVersion) {
  const LeaseTable empty({.groups_per_round = 2});
  EXPECT_FALSE(empty.NextTraining(kAnyCapacity).has_value());
}

TEST_F(LeaseTableTest, ExpiredLeaseGoesToTheFrontOfTheQueue) {
  IssueAll();
  const auto first = Grant(1, 1);
  clock_.Advance(absl::Seconds(15));
  const Endings endings = table_.Expire(clock_.Now());
  ASSERT_EQ(endings.leases.size(), 1u);
  EXPECT_EQ(endings.leases[0].why, Reason::kLeaseExpired);
  const auto second = Grant(2, 1);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].id, first[0].id);
  EXPECT_EQ(second[0].attempts, 2u);
}

TEST_F(LeaseTableTest, ALeaseLastsWhileItsWorkMoves) {
  IssueAll();
  const auto held = Grant(1, 1);
  for (uint64_t progress = 1; progress <= 20; ++progress) {
    clock_.Advance(absl::Seconds(5));
    EXPECT_EQ(
        table_.Renew(Heartbeat(1, held, progress), clock_.Now()).renewed.size(),
        1u);
    EXPECT_TRUE(table_.Expire(clock_.Now()).empty());
  }
}

TEST_F(LeaseTableTest, ALeaseThatStandsStillExpiresThoughItsWorkerIsAlive) {
  IssueAll();
  const auto held = Grant(1, 1);
  Endings endings;
  for (int second = 0; second < 40 && endings.empty(); ++second) {
    clock_.Advance(absl::Seconds(1));
    table_.Renew(Heartbeat(1, held, 7), clock_.Now());
    endings = table_.Expire(clock_.Now());
  }
  ASSERT_EQ(endings.leases.size(), 1u);
  EXPECT_EQ(endings.leases[0].why, Reason::kLeaseExpired);
}

TEST_F(LeaseTableTest, AQueuedLeaseMovesWithTheWorkersOtherWork) {
  IssueAll();
  const auto held = Grant(1, 2);
  for (uint64_t step = 1; step <= 40; ++step) {
    clock_.Advance(absl::Seconds(1));
    RenewRequest request = Heartbeat(1, held, 0);
    request.leases[0].progress = step;
    request.leases[1].phase = RenewRequest::Phase::kQueued;
    table_.Renew(request, clock_.Now());
    EXPECT_TRUE(table_.Expire(clock_.Now()).empty()) << step;
  }
}

TEST_F(LeaseTableTest, PastTheGroupDeadlineEvenAMovingLeaseIsRevoked) {
  IssueAll();
  const auto held = Grant(1, 1);
  for (uint64_t progress = 1; progress < 300; ++progress) {
    clock_.Advance(absl::Seconds(1));
    table_.Renew(Heartbeat(1, held, progress), clock_.Now());
  }
  clock_.Advance(absl::Seconds(1));
  const auto renewal = table_.Renew(Heartbeat(1, held, 300), clock_.Now());
  EXPECT_THAT(renewal.renewed, IsEmpty());
  ASSERT_EQ(renewal.revoked.size(), 1u);
  EXPECT_EQ(renewal.revoked[0].reason, Reason::kGroupStraggles);
}

TEST_F(LeaseTableTest, AGrantWhoseReplyWasLostEndsAtTheNextHeartbeat) {
  IssueAll();
  Grant(1, 1, /*call=*/3);
  EXPECT_TRUE(table_.Renew(Heartbeat(1, {}, 0, /*call_seen=*/2), clock_.Now())
                  .endings.empty());
  const auto renewal =
      table_.Renew(Heartbeat(1, {}, 0, /*call_seen=*/3), clock_.Now());
  ASSERT_EQ(renewal.endings.leases.size(), 1u);
  EXPECT_EQ(renewal.endings.leases[0].why, Reason::kLeaseUndelivered);
}

TEST_F(LeaseTableTest, TheFirstAttemptIsTakenAndTheNewerLeaseRevoked) {
  IssueAll();
  const auto first = Grant(1, 1);
  clock_.Advance(absl::Seconds(15));
  table_.Expire(clock_.Now());
  const auto second = Grant(2, 1);
  EXPECT_EQ(Submit(Of(first[0])), Outcome::kAccepted);
  const auto renewal = table_.Renew(Heartbeat(2, second, 1), clock_.Now());
  ASSERT_EQ(renewal.revoked.size(), 1u);
  EXPECT_EQ(renewal.revoked[0].reason, Reason::kSuperseded);
  EXPECT_EQ(Submit(Of(second[0])), Outcome::kSuperseded);
  EXPECT_EQ(table_.counts(Purpose::kTrain).open.at(TicketState::kSubmitted),
            1u);
}

TEST_F(LeaseTableTest, TheSameContentAgainIsADuplicateEvenAfterTraining) {
  IssueAll();
  const auto granted = Grant(1, 2);
  Submit(Of(granted[0]));
  EXPECT_EQ(Submit(Of(granted[0])), Outcome::kDuplicate);
  Submit(Of(granted[1]));
  TrainRound(0);
  EXPECT_EQ(Submit(Of(granted[0])), Outcome::kDuplicate);
}

TEST_F(LeaseTableTest, OtherContentUnderTheSameVersionProvesNondeterminism) {
  IssueAll();
  const auto first = Grant(1, 1);
  clock_.Advance(absl::Seconds(15));
  table_.Expire(clock_.Now());
  const auto second = Grant(2, 1);
  Submit(Of(second[0], /*content=*/1));
  EXPECT_FALSE(table_.Judge(Of(first[0], /*content=*/1))->nondeterministic);
  EXPECT_TRUE(table_.Judge(Of(first[0], /*content=*/2))->nondeterministic);
}

TEST_F(LeaseTableTest, AVersionOutsideTheLeaseIsRefused) {
  IssueAll();
  LeaseTable::Submission submission = Of(Grant(1, 1)[0]);
  submission.version_max = 1;
  const auto verdict = table_.Judge(submission);
  EXPECT_EQ(verdict.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(verdict.status().message()),
              testing::HasSubstr("versions 0 to 1"));
}

TEST_F(LeaseTableTest, AnAttemptThatWasNeverGrantedIsRefused) {
  IssueAll();
  LeaseTable::Submission submission = Of(Grant(1, 1)[0]);
  submission.key.attempt = 2;
  EXPECT_EQ(table_.Judge(submission).status().code(),
            absl::StatusCode::kFailedPrecondition);
  submission.key = {GroupOf(77), 1};
  EXPECT_EQ(table_.Judge(submission).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(LeaseTableTest, TheSameTypedFailureOnTwoWorkersQuarantinesThePrompt) {
  IssueAll();
  for (const uint8_t worker : {1, 2}) {
    const auto granted = Grant(worker, 1);
    ASSERT_EQ(granted[0].id.number, 0u);
    const auto back = table_.GiveBack(Registration(worker),
                                      {.key = {GroupOf(0), granted[0].attempts},
                                       .reason = Reason::kOutOfMemory,
                                       .detail = ""});
    EXPECT_EQ(back.endings.poisoned.size(), worker == 2 ? 1u : 0u);
  }
  EXPECT_THAT(table_.Vacant(), ElementsAre(TicketId{Purpose::kTrain, 0}));
  Occurrence other;
  other.group_id = GroupOf(50);
  table_.Replace({Purpose::kTrain, 0}, other, "task");
  const auto granted = Grant(3, 1);
  EXPECT_EQ(granted[0].id.number, 0u);
  EXPECT_EQ(granted[0].of.group_id, GroupOf(50));
  EXPECT_EQ(granted[0].attempts, 1u);
  EXPECT_EQ(granted[0].exact_version, 0u);
}

TEST_F(LeaseTableTest, EightLostAttemptsQuarantineThePrompt) {
  IssueAll();
  for (uint8_t attempt = 1; attempt <= 8; ++attempt) {
    ASSERT_EQ(Grant(attempt, 1)[0].attempts, attempt);
    const Endings endings =
        table_.EndAll(Registration(attempt), Reason::kWorkerLost);
    EXPECT_EQ(endings.poisoned.size(), attempt == 8 ? 1u : 0u);
  }
}

TEST_F(LeaseTableTest, AScorerThatIsAwayIsNotThePromptsFault) {
  IssueAll();
  for (uint8_t attempt = 1; attempt <= 20; ++attempt) {
    const auto granted = Grant(attempt, 1);
    const auto back = table_.GiveBack(Registration(attempt),
                                      {.key = {GroupOf(0), granted[0].attempts},
                                       .reason = Reason::kScorerError,
                                       .detail = ""});
    EXPECT_TRUE(back.endings.poisoned.empty());
  }
}

TEST_F(LeaseTableTest, GroupsOfALostWorkerGoOutOnePerWorker) {
  IssueAll();
  Grant(1, 2);
  table_.EndAll(Registration(1), Reason::kWorkerLost);
  const auto second = Grant(2, 4);
  ASSERT_EQ(second.size(), 3u);
  EXPECT_EQ(second[0].id.number, 0u);
  EXPECT_EQ(second[1].id.number, 2u);
  EXPECT_EQ(Grant(3, 4).at(0).id.number, 1u);
}

TEST_F(LeaseTableTest, AWorkerThatComesBackKeepsWhatItHolds) {
  IssueAll();
  const auto held = Grant(1, 2);
  const auto adoption = table_.Adopt(Registration(9), 1, Registration(1),
                                     {{held[0].of.group_id, 1}}, clock_.Now());
  EXPECT_THAT(adoption.adopted, ElementsAre(LeaseKey{held[0].of.group_id, 1}));
  ASSERT_EQ(adoption.endings.leases.size(), 1u);
  EXPECT_EQ(adoption.endings.leases[0].key.group_id, held[1].of.group_id);
  EXPECT_EQ(table_.held(Registration(9)), 1u);
  EXPECT_EQ(table_.held(Registration(1)), 0u);
}

TEST_F(LeaseTableTest, AnotherSlotsLeaseIsNotAdopted) {
  IssueAll();
  const auto held = Grant(1, 1);
  const auto adoption = table_.Adopt(Registration(2), 2, std::nullopt,
                                     {{held[0].of.group_id, 1}}, clock_.Now());
  EXPECT_THAT(adoption.adopted, IsEmpty());
  EXPECT_EQ(table_.held(Registration(1)), 1u);
}

TEST_F(LeaseTableTest, AnExpiredLeaseIsAdoptedUnlessSomebodyElseHasIt) {
  IssueAll();
  const auto held = Grant(1, 2);
  clock_.Advance(absl::Seconds(20));
  table_.Expire(clock_.Now());
  Grant(2, 1);  // takes the first one
  const auto adoption = table_.Adopt(
      Registration(9), 1, Registration(1),
      {{held[0].of.group_id, 1}, {held[1].of.group_id, 1}}, clock_.Now());
  EXPECT_THAT(adoption.adopted, ElementsAre(LeaseKey{held[1].of.group_id, 1}));
  const Endings lost = table_.EndAll(Registration(9), Reason::kWorkerLost);
  ASSERT_EQ(lost.leases.size(), 1u);
  EXPECT_FALSE(lost.leases[0].open_in_ledger);
}

TEST_F(LeaseTableTest, EvaluationsGetTheirShareWhileTrainingWaits) {
  IssueAll();
  for (uint64_t n = 0; n < 8; ++n) {
    Ticket ticket;
    ticket.id = {Purpose::kEvaluate, n};
    ticket.of.group_id = GroupOf(1000 + n);
    table_.Issue(ticket);
  }
  const auto granted = Grant(1, 4);
  std::vector<Purpose> purposes;
  for (const Ticket& ticket : granted) purposes.push_back(ticket.id.purpose);
  EXPECT_THAT(purposes, ElementsAre(Purpose::kTrain, Purpose::kTrain,
                                    Purpose::kTrain, Purpose::kEvaluate));
  EXPECT_EQ(Grant(1, 20).size(), 8u);  // all of it when nothing trains
}

TEST_F(LeaseTableTest, RecoveredLeasesWaitOneLeaseTimeForTheirHolders) {
  LeaseTable table({.groups_per_round = 2, .max_staleness = 1});
  RecoveredTicket recovered;
  recovered.ticket.id = {Purpose::kTrain, 0};
  recovered.ticket.of.group_id = GroupOf(0);
  recovered.ticket.attempts = 1;
  recovered.ticket.state = TicketState::kLeased;
  recovered.slot = 3;
  LeaseTable::Counts counts;
  counts.issued = 1;
  table.Recover(Purpose::kTrain, 1, counts, {recovered}, clock_.Now());
  clock_.Advance(absl::Seconds(14));
  EXPECT_TRUE(table.Expire(clock_.Now()).empty());
  const auto adoption = table.Adopt(Registration(5), 3, std::nullopt,
                                    {{GroupOf(0), 1}}, clock_.Now());
  EXPECT_EQ(adoption.adopted.size(), 1u);
  clock_.Advance(absl::Seconds(14));
  EXPECT_TRUE(table.Expire(clock_.Now()).empty());
}

TEST_F(LeaseTableTest, AWorkerThatCannotScoreATaskGetsNoneOfIt) {
  IssueAll();
  const auto granted =
      table_.Grant({.registration = Registration(1),
                    .slot = 1,
                    .room = 4,
                    .call = 1,
                    .can_do = [](const Ticket& t) { return t.id.number == 2; }},
                   clock_.Now());
  ASSERT_EQ(granted.size(), 1u);
  EXPECT_EQ(granted[0].id.number, 2u);
}

}  // namespace
}  // namespace mdrl
