#include "services/rollout/heartbeat.h"

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/policy/plain_manifest_codec.h"
#include "tests/services/rollout/fake_learner.h"

namespace mdrl {
namespace {

using ::testing::SizeIs;

class HeartbeatTest : public ::testing::Test {
 protected:
  HeartbeatTest()
      : follower_(learner_, PlainManifestCodec(), FollowerOptions()),
        queue_(8),
        heartbeat_(HeartbeatParts{learner_, session_, board_, queue_, follower_,
                                  stats_},
                   absl::Milliseconds(1)) {
    const auto reply = learner_.Register(RegisterRequest{});
    Session::Current current;
    current.caller.epoch = reply->epoch;
    current.caller.registration_id = reply->registration_id;
    session_.Begin(current);
  }
  ~HeartbeatTest() override {
    queue_.Close();
    heartbeat_.Close();
    learner_.Cancel();
    follower_.Close();
  }

  FakeLearner learner_;
  Session session_;
  LeaseBoard board_;
  WorkerStats stats_;
  PolicyFollower follower_;
  LeaseQueue queue_;
  Heartbeat heartbeat_;
};

TEST_F(HeartbeatTest, WhatIsHeldIsReportedAndRevoked) {
  heartbeat_.SetState(RenewRequest::Worker::kReady);
  auto loans =
      board_.Granted(9, {ToyLease(1)}, heartbeat_.box(), absl::UnixEpoch());
  while (learner_.last_renew().leases.empty()) std::this_thread::yield();
  EXPECT_EQ(learner_.last_renew().lease_call_seen, 9u);
  EXPECT_EQ(learner_.last_renew().state, RenewRequest::Worker::kReady);
  learner_.Revoke(ToyLease(1).key);
  while (!loans[0].held->revoked.load()) std::this_thread::yield();
}

TEST_F(HeartbeatTest, ADroppedLoanIsReturned) {
  board_.Granted(1, {ToyLease(1)}, heartbeat_.box(), absl::UnixEpoch());
  learner_.AwaitReturned(1);
  EXPECT_EQ(learner_.returned()[0].key, ToyLease(1).key);
  EXPECT_TRUE(board_.AwaitEmpty(absl::Seconds(60)));
}

TEST_F(HeartbeatTest, ANewEpochEndsTheSession) {
  learner_.NewEpoch();
  while (session_.Get().has_value()) std::this_thread::yield();
}

TEST_F(HeartbeatTest, TheWishToDrainArrives) {
  learner_.AskToDrain();
  while (!heartbeat_.drain_asked()) std::this_thread::yield();
}

}  // namespace
}  // namespace mdrl
