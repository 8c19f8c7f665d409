#include "services/rollout/policy/policy_follower.h"

#include <atomic>
#include <memory>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/policy/plain_manifest_codec.h"
#include "tests/services/rollout/fake_weights.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr absl::Duration kLong = absl::Seconds(60);

class PolicyFollowerTest : public ::testing::Test {
 protected:
  PolicyFollowerTest() {
    FollowerOptions options;
    options.first_pause = absl::Milliseconds(1);
    options.longest_pause = absl::Milliseconds(2);
    follower_ =
        std::make_unique<PolicyFollower>(link_, PlainManifestCodec(), options);
  }
  ~PolicyFollowerTest() override {
    link_.Cancel();
    follower_->Close();
  }
  void Begin() { follower_->BeginEpoch(RunId{}, Digest{}, PolicyRef{}); }

  FakeWeights link_;
  std::unique_ptr<PolicyFollower> follower_;
};

TEST_F(PolicyFollowerTest, APublishedPolicyArrivesVerified) {
  Begin();
  const auto published = PlainSnapshot(3, 1, 10, 1);
  link_.Publish(published);
  const auto got = follower_->AtLeast(3, kLong);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ((*got)->bytes, published->bytes);
  EXPECT_THAT(follower_->Resident(), ElementsAre(published->ref()));
  EXPECT_EQ(follower_->bytes_ever(), published->bytes.size());
  follower_->Report(published->ref(), RenewRequest::Stage::kActive);
  EXPECT_EQ(follower_->active(), published->ref());
}

TEST_F(PolicyFollowerTest, AWrongHashIsAskedForAgain) {
  Begin();
  link_.CorruptNext(2);
  const auto published = PlainSnapshot(3, 1, 10, 1);
  link_.Publish(published);
  const auto got = follower_->AtLeast(3, kLong);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ((*got)->bytes, published->bytes);
  EXPECT_EQ(follower_->failures_in_row(), 0);
}

TEST_F(PolicyFollowerTest, ABrokenConnectionCostsOnlyTheMissingChunks) {
  Begin();
  link_.StopAfter(2, /*hang=*/false);
  link_.Publish(PlainSnapshot(3, 3, 10, 1));
  while (follower_->failures_in_row() == 0) std::this_thread::yield();
  link_.LetAllPass();
  ASSERT_TRUE(follower_->AtLeast(3, kLong).ok());
  EXPECT_EQ(link_.chunks_sent(), 4);
}

TEST_F(PolicyFollowerTest, AFailureLeavesTheOldPolicyServing) {
  Begin();
  link_.Publish(PlainSnapshot(3, 0, 10, 1));
  ASSERT_TRUE(follower_->AtLeast(3, kLong).ok());
  link_.StopAfter(0, /*hang=*/false);
  link_.Publish(PlainSnapshot(4, 0, 10, 2));
  while (follower_->failures_in_row() < 3) std::this_thread::yield();
  const auto still = follower_->AtLeast(0, kLong);
  ASSERT_TRUE(still.ok());
  EXPECT_EQ((*still)->manifest.version, 3u);
}

TEST_F(PolicyFollowerTest, ANewerPolicyReplacesAFetchInProgress) {
  Begin();
  link_.StopAfter(1, /*hang=*/true);
  link_.Publish(PlainSnapshot(3, 3, 0, 1));
  link_.AwaitHanging();
  const auto newer = PlainSnapshot(4, 1, 0, 2);
  link_.Publish(newer);
  link_.LetAllPass();
  const auto got = follower_->AtLeast(4, kLong);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ((*got)->bytes, newer->bytes);
}

TEST_F(PolicyFollowerTest, AnExactVersionIsFetchedOnDemand) {
  Begin();
  const auto old = PlainSnapshot(3, 0, 10, 1);
  link_.Publish(old);
  ASSERT_TRUE(follower_->AtLeast(3, kLong).ok());
  link_.Publish(PlainSnapshot(4, 0, 10, 2));
  link_.Publish(PlainSnapshot(5, 0, 10, 3));
  ASSERT_TRUE(follower_->AtLeast(5, kLong).ok());
  const auto exact = follower_->Exactly(3, kLong);
  ASSERT_TRUE(exact.ok()) << exact.status();
  EXPECT_EQ((*exact)->bytes, old->bytes);
  EXPECT_THAT(follower_->Resident(), SizeIs(2));
}

TEST_F(PolicyFollowerTest, AVersionThatIsGoneIsSaidToBeGone) {
  Begin();
  link_.Publish(PlainSnapshot(3, 0, 10, 1));
  link_.Publish(PlainSnapshot(4, 0, 10, 1));
  ASSERT_TRUE(follower_->AtLeast(4, kLong).ok());
  link_.Forget(3);
  EXPECT_TRUE(absl::IsNotFound(follower_->Exactly(2, kLong).status()));
}

TEST_F(PolicyFollowerTest, APolicyOfAnotherBaseModelIsNeverKept) {
  Digest other;
  other.bytes[0] = 1;
  link_.Publish(PlainSnapshot(3, 0, 10, 1));
  follower_->BeginEpoch(RunId{}, other, PolicyRef{});
  const auto got = follower_->Exactly(3, kLong);
  EXPECT_TRUE(absl::IsFailedPrecondition(got.status())) << got.status();
  EXPECT_THAT(follower_->Resident(), SizeIs(0));
}

TEST_F(PolicyFollowerTest, ANewEpochNamesItsPoliciesAgainButMovesNoBytes) {
  Begin();
  const auto before = PlainSnapshot(3, 1, 10, 1);
  link_.Publish(before);
  ASSERT_TRUE(follower_->AtLeast(3, kLong).ok());
  const int sent = link_.chunks_sent();
  // The same weights in a manifest of epoch 2: another hash.
  Manifest manifest = before->manifest;
  manifest.epoch = 2;
  const auto again =
      MakeSnapshot(manifest, before->bytes, PlainManifestCodec());
  link_.Publish(again);
  follower_->BeginEpoch(RunId{}, Digest{}, again->ref());
  const auto got = follower_->Exactly(3, kLong);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ((*got)->ref(), again->ref());
  EXPECT_EQ(link_.chunks_sent(), sent);
}

TEST_F(PolicyFollowerTest, PatienceEnds) {
  Begin();
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      follower_->AtLeast(1, absl::Milliseconds(5)).status()));
}

TEST_F(PolicyFollowerTest, AWaiterThatGaveUpIsReleased) {
  Begin();
  link_.StopAfter(0, /*hang=*/true);
  link_.Publish(PlainSnapshot(3, 0, 10, 1));
  std::atomic<bool> given_up{true};
  EXPECT_TRUE(
      absl::IsCancelled(follower_->Exactly(3, kLong, &given_up).status()));
}

TEST_F(PolicyFollowerTest, CloseWakesEveryoneWhoWaits) {
  Begin();
  link_.StopAfter(0, /*hang=*/true);
  link_.Publish(PlainSnapshot(3, 0, 10, 1));
  std::thread exact([this] {
    EXPECT_TRUE(absl::IsCancelled(follower_->Exactly(3, kLong).status()));
  });
  std::thread newest([this] {
    EXPECT_TRUE(absl::IsCancelled(follower_->AtLeast(3, kLong).status()));
  });
  link_.AwaitHanging();
  link_.Cancel();
  follower_->Close();
  exact.join();
  newest.join();
}

TEST_F(PolicyFollowerTest, CloseBeforeTheFirstEpochReturns) {
  follower_->Close();
}

}  // namespace
}  // namespace mdrl
