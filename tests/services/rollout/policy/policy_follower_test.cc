#include "services/rollout/policy/policy_follower.h"

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "common/sync/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/policy/plain_manifest_codec.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr absl::Duration kLong = absl::Seconds(60);

// The weights' half of a learner. Thread-safe.
class FakeWeights : public LearnerLink {
 public:
  void Publish(std::shared_ptr<const Snapshot> snapshot) {
    MutexLock lock(mutex_);
    event_ = PolicyEvent{PolicyEvent::Kind::kPublished, snapshot->ref(), 0, 1};
    snapshots_[snapshot->manifest.version] = std::move(snapshot);
    changed_.NotifyAll();
  }
  void Forget(Version version) {
    MutexLock lock(mutex_);
    snapshots_.erase(version);
  }
  // The next `count` chunks arrive with a flipped byte.
  void CorruptNext(int count) {
    MutexLock lock(mutex_);
    corrupt_ = count;
  }
  // Fetches stop after `chunks` more chunks: then they fail, or hang.
  void StopAfter(int chunks, bool hang) {
    MutexLock lock(mutex_);
    allowed_ = chunks;
    hang_ = hang;
    changed_.NotifyAll();
  }
  void LetAllPass() { StopAfter(1 << 30, false); }
  void AwaitHanging() {
    MutexLock lock(mutex_);
    while (hanging_ == 0) changed_.Wait(mutex_);
  }
  int chunks_sent() {
    MutexLock lock(mutex_);
    return sent_;
  }

  absl::StatusOr<PolicyEvent> NextPolicyEvent() override {
    MutexLock lock(mutex_);
    while (!cancelled_ && !event_.has_value()) changed_.Wait(mutex_);
    if (cancelled_) return absl::CancelledError("cancelled");
    return *std::exchange(event_, std::nullopt);
  }
  absl::StatusOr<ManifestBytes> GetManifest(const PolicyRef& policy) override {
    MutexLock lock(mutex_);
    const auto it = snapshots_.find(policy.version.value_or(0));
    if (it == snapshots_.end()) return absl::NotFoundError("not retained");
    return ManifestBytes{it->second->manifest_bytes,
                         it->second->manifest_sha256};
  }
  absl::Status FetchChunks(const Digest& manifest_sha256,
                           std::span<const ChunkRange> ranges,
                           ChunkSink& sink) override {
    std::shared_ptr<const Snapshot> snapshot;
    {
      MutexLock lock(mutex_);
      for (const auto& [version, candidate] : snapshots_) {
        if (candidate->manifest_sha256 == manifest_sha256) snapshot = candidate;
      }
    }
    if (snapshot == nullptr) return absl::NotFoundError("not retained");
    for (const ChunkRange& range : ranges) {
      for (uint32_t i = range.first; i < range.first + range.count; ++i) {
        if (absl::Status s = SendChunk(*snapshot, i, sink); !s.ok()) return s;
      }
    }
    return absl::OkStatus();
  }
  void Cancel() override {
    MutexLock lock(mutex_);
    cancelled_ = true;
    changed_.NotifyAll();
  }

  absl::StatusOr<RegisterReply> Register(const RegisterRequest&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<LeaseReply> Lease(const LeaseRequest&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<RenewReply> Renew(const RenewRequest&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<SubmitGroupReply> SubmitGroup(
      const SubmitGroupRequest&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<ReturnLeaseReply> ReturnLease(
      const ReturnLeaseRequest&) override {
    return absl::UnimplementedError("");
  }

 private:
  absl::Status SendChunk(const Snapshot& snapshot, uint32_t index,
                         ChunkSink& sink) {
    bool corrupt = false;
    {
      MutexLock lock(mutex_);
      while (allowed_ == 0 && hang_ && !cancelled_) {
        ++hanging_;
        changed_.NotifyAll();
        changed_.Wait(mutex_);
        --hanging_;
      }
      if (cancelled_) return absl::CancelledError("cancelled");
      if (allowed_ == 0) return absl::UnavailableError("connection lost");
      --allowed_;
      ++sent_;
      corrupt = corrupt_ > 0;
      if (corrupt) --corrupt_;
    }
    const std::string_view bytes =
        std::string_view(snapshot.bytes)
            .substr(size_t{index} * kChunkBytes, kChunkBytes);
    auto room = sink.Place(index, bytes.size());
    if (!room.ok()) return room.status();
    std::copy(bytes.begin(), bytes.end(), room->begin());
    if (corrupt) (*room)[0] ^= 1;
    return sink.Accept(index);
  }

  Mutex mutex_;
  Condition changed_;
  std::map<Version, std::shared_ptr<const Snapshot>> snapshots_;
  std::optional<PolicyEvent> event_;
  int corrupt_ = 0;
  int allowed_ = 1 << 30;
  bool hang_ = false;
  int hanging_ = 0;
  int sent_ = 0;
  bool cancelled_ = false;
};

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
