#include "services/rollout/scorer.h"

#include <memory>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/services/rollout/fake_learner.h"

namespace mdrl {
namespace {

using ::testing::SizeIs;

class ScorerTest : public ::testing::Test {
 protected:
  ScorerTest() {
    ScorerOptions options;
    options.threads = 2;
    options.first_pause = absl::Milliseconds(1);
    options.longest_pause = absl::Milliseconds(2);
    scorer_ = std::make_unique<Scorer>(
        ScorerParts{learner_, reward_, session_, board_, stats_, metrics_},
        options);
    Register();
  }
  ~ScorerTest() override {
    session_.Close();
    scorer_->Close();
  }
  void Register() {
    const auto reply = learner_.Register(RegisterRequest{});
    Session::Current current;
    current.caller.epoch = reply->epoch;
    current.caller.registration_id = reply->registration_id;
    current.slot = reply->slot;
    session_.Begin(current);
  }
  DecodedGroup Decoded(const Lease& lease) {
    auto loans = board_.Granted(++calls_, {lease}, box_, Clock::Real().Now());
    DecodedGroup decoded{std::move(loans.front()), {}, {}};
    decoded.group.key = lease.key;
    for (uint32_t i = 0; i < lease.group_size; ++i) {
      decoded.group.completions.emplace_back().index = i;
      decoded.texts.push_back(std::string(i + 1, 'x'));
    }
    return decoded;
  }
  // How it goes back, if it does.
  Reason ReturnedFor() {
    std::vector<ReturnLeaseRequest::Returned> returned;
    while (returned.empty()) returned = box_->TakeAll();
    return returned.front().reason;
  }

  uint64_t calls_ = 0;
  FakeLearner learner_;
  FakeReward reward_;
  Session session_;
  LeaseBoard board_;
  WorkerStats stats_;
  Registry registry_;
  RolloutMetrics metrics_{registry_, {"sort"}};
  std::shared_ptr<ReturnBox> box_ = std::make_shared<ReturnBox>();
  std::unique_ptr<Scorer> scorer_;
};

TEST_F(ScorerTest, AGroupIsScoredAndSubmitted) {
  scorer_->Put(Decoded(ToyLease(1)));
  learner_.AwaitSubmitted(1);
  const Group group = learner_.submitted().begin()->second;
  EXPECT_EQ(group.slot, 3u);
  EXPECT_EQ(group.completions[0].score.reward, 1.0);
  EXPECT_EQ(group.completions[1].score.reward, 2.0);
  EXPECT_TRUE(board_.AwaitEmpty(absl::Seconds(60)));
  EXPECT_THAT(box_->TakeAll(), SizeIs(0));
}

TEST_F(ScorerTest, AFailingScorerIsAskedAgainAndNeverBecomesAReward) {
  reward_.FailNext(3, absl::UnavailableError("down"));
  scorer_->Put(Decoded(ToyLease(1)));
  learner_.AwaitSubmitted(1);
  EXPECT_EQ(reward_.calls(), 4);
  reward_.ServiceErrors(2);
  scorer_->Put(Decoded(ToyLease(2)));
  learner_.AwaitSubmitted(2);
  EXPECT_EQ(reward_.calls(), 7);
}

TEST_F(ScorerTest, AfterTheGroupsDeadlineTheLeaseGoesBack) {
  reward_.FailNext(1 << 30, absl::UnavailableError("down"));
  Lease lease = ToyLease(1);
  lease.group_deadline = absl::Milliseconds(20);
  scorer_->Put(Decoded(lease));
  EXPECT_EQ(ReturnedFor(), Reason::kScorerError);
  EXPECT_THAT(learner_.submitted(), SizeIs(0));
}

TEST_F(ScorerTest, AnUnknownRubricGoesBackAtOnce) {
  reward_.FailNext(1, absl::InvalidArgumentError("no such rubric"));
  scorer_->Put(Decoded(ToyLease(1)));
  EXPECT_EQ(ReturnedFor(), Reason::kScorerMissing);
  EXPECT_EQ(reward_.calls(), 1);
}

TEST_F(ScorerTest, ASlowLedgerIsAskedAgain) {
  learner_.FailSubmits(3, absl::ResourceExhaustedError("LEDGER_SLOW"));
  scorer_->Put(Decoded(ToyLease(1)));
  learner_.AwaitSubmitted(1);
  EXPECT_EQ(reward_.calls(), 1);
}

TEST_F(ScorerTest, ARestartedLearnerGetsTheGroupUnderTheNewRegistration) {
  learner_.NewEpoch();
  DecodedGroup decoded = Decoded(ToyLease(1));
  const std::shared_ptr<HeldLease> held = decoded.held.held;
  scorer_->Put(std::move(decoded));
  while (session_.Get().has_value()) std::this_thread::yield();
  Register();
  learner_.AwaitSubmitted(1);
}

TEST_F(ScorerTest, ARevokedLeaseIsNotSubmitted) {
  reward_.FailNext(1 << 30, absl::UnavailableError("down"));
  DecodedGroup decoded = Decoded(ToyLease(1));
  const std::shared_ptr<HeldLease> held = decoded.held.held;
  scorer_->Put(std::move(decoded));
  reward_.AwaitCalls(1);
  held->revoked.store(true);
  EXPECT_EQ(ReturnedFor(), Reason::kScorerError);
}

TEST_F(ScorerTest, CloseEndsHoldingAtOnce) {
  reward_.FailNext(1 << 30, absl::UnavailableError("down"));
  for (uint32_t i = 0; i < 10; ++i) scorer_->Put(Decoded(ToyLease(i)));
  reward_.AwaitCalls(1);
  scorer_->StopHolding();
  session_.Close();
  scorer_->Close();
  EXPECT_THAT(box_->TakeAll(), SizeIs(10));
}

TEST_F(ScorerTest, AFailureRewardReplacesWhatIsNoVerdictAndNothingElse) {
  Group group;
  group.completions.resize(3);
  ScoreReply reply;
  reply.items.resize(3);
  const Outcome outcomes[] = {Outcome::kScored, Outcome::kUnparsable,
                              Outcome::kProgramTimeout};
  for (uint32_t i = 0; i < 3; ++i) {
    reply.items[i].index = i;
    reply.items[i].score.outcome = outcomes[i];
    reply.items[i].score.reward = 0.25;
    reply.items[i].score.components = {{"passed", 0.25, 1.0}};
  }
  ASSERT_TRUE(TakeScores(reply, std::nullopt, group).ok());
  EXPECT_EQ(group.completions[2].score.reward, 0.25);
  ASSERT_TRUE(TakeScores(reply, -1.0, group).ok());
  EXPECT_EQ(group.completions[0].score, reply.items[0].score);
  for (const size_t i : {1, 2}) {
    const Score& score = group.completions[i].score;
    EXPECT_EQ(score.outcome, outcomes[i]);
    EXPECT_EQ(score.reward, -1.0);
    const std::vector<ScoreComponent> components = {
        {"passed", 0.25, 0.0}, {"failure_reward", -1.0, 1.0}};
    EXPECT_EQ(score.components, components);
  }
  reply.items[2].score.outcome = Outcome::kServiceError;
  reply.items[2].score.reward.reset();
  EXPECT_TRUE(absl::IsUnavailable(TakeScores(reply, -1.0, group)));
}

TEST_F(ScorerTest, AnswersThatDoNotFitAreNotBelieved) {
  Group group;
  group.completions.resize(2);
  ScoreReply reply;
  reply.items.resize(2);
  for (uint32_t i = 0; i < 2; ++i) {
    reply.items[i].index = i;
    reply.items[i].score.outcome = Outcome::kScored;
    reply.items[i].score.reward = 1.0;
  }
  EXPECT_TRUE(TakeScores(reply, std::nullopt, group).ok());
  ScoreReply wrong = reply;
  wrong.items[1].index = 0;
  EXPECT_TRUE(absl::IsDataLoss(TakeScores(wrong, std::nullopt, group)));
  wrong.items[1].index = 2;
  EXPECT_TRUE(absl::IsDataLoss(TakeScores(wrong, std::nullopt, group)));
  wrong = reply;
  wrong.items.pop_back();
  EXPECT_TRUE(absl::IsDataLoss(TakeScores(wrong, std::nullopt, group)));
  wrong = reply;
  wrong.items[0].score.reward.reset();
  EXPECT_TRUE(absl::IsDataLoss(TakeScores(wrong, std::nullopt, group)));
  wrong.items[0].score.outcome = Outcome::kServiceError;
  EXPECT_TRUE(absl::IsUnavailable(TakeScores(wrong, std::nullopt, group)));
}

}  // namespace
}  // namespace mdrl
