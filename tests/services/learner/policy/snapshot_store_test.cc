#include "services/learner/policy/snapshot_store.h"

#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

std::shared_ptr<const Snapshot> SnapshotOf(Version version) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->manifest.version = version;
  snapshot->manifest_sha256 = Sha256Of(absl::StrCat(version));
  return snapshot;
}

TEST(SnapshotStoreTest, OldVersionsGoUnlessPinned) {
  SnapshotStore store(1, /*max_staleness=*/1);
  store.Publish(SnapshotOf(0));
  ASSERT_TRUE(store.TryPin(0));
  for (Version v = 1; v <= 5; ++v) store.Publish(SnapshotOf(v));
  EXPECT_NE(store.Get(0), nullptr);
  EXPECT_EQ(store.Get(2), nullptr);
  EXPECT_NE(store.Get(3), nullptr);
  EXPECT_EQ(store.OldestRetained(), 3u);
  store.Unpin(0);
  EXPECT_EQ(store.Get(0), nullptr);
  EXPECT_FALSE(store.TryPin(0));
}

TEST(SnapshotStoreTest, AManifestIsFoundByItsHash) {
  SnapshotStore store(1, 1);
  store.Publish(SnapshotOf(0));
  store.Publish(SnapshotOf(1));
  EXPECT_EQ((*store.Find({.version = {}, .manifest_sha256 = Sha256Of("1")}))
                ->manifest.version,
            1u);
  EXPECT_FALSE(
      store.Find({.version = 0, .manifest_sha256 = Sha256Of("1")}).ok());
  EXPECT_EQ(
      store.Find({.version = 7, .manifest_sha256 = {}}).status().message(),
      "no policy version 7 is retained; the oldest retained version is 0");
}

TEST(SnapshotStoreTest, AWatcherHearsThePresentThenOnlyTheNewest) {
  SnapshotStore store(4, 1);
  store.Publish(SnapshotOf(0));
  const auto watcher = store.AddWatcher();
  std::vector<Version> heard;
  const auto hear = [&heard](absl::StatusOr<PolicyEvent> event) {
    ASSERT_TRUE(event.ok());
    EXPECT_EQ(event->epoch, 4u);
    heard.push_back(*event->policy.version);
  };
  store.NextEvent(watcher, hear);
  store.Publish(SnapshotOf(1));
  store.Publish(SnapshotOf(2));
  store.NextEvent(watcher, hear);
  store.NextEvent(watcher, hear);
  store.Publish(SnapshotOf(3));
  EXPECT_EQ(heard, (std::vector<Version>{0, 2, 3}));
}

TEST(SnapshotStoreTest, RemovingOrClosingCancelsWhoeverWaits) {
  SnapshotStore store(1, 1);
  int cancelled = 0;
  const auto hear = [&cancelled](absl::StatusOr<PolicyEvent> event) {
    cancelled += absl::IsCancelled(event.status());
  };
  const auto first = store.AddWatcher();
  store.NextEvent(first, hear);
  store.RemoveWatcher(first);
  EXPECT_EQ(cancelled, 1);
  store.NextEvent(store.AddWatcher(), hear);
  store.Close();
  EXPECT_EQ(cancelled, 2);
  store.NextEvent(store.AddWatcher(), hear);
  EXPECT_EQ(cancelled, 3);
}

TEST(SnapshotStoreTest, PublishingAndWatchingMayRace) {
  SnapshotStore store(1, 0);
  std::thread watcher([&store] {
    const auto id = store.AddWatcher();
    Version last = 0;
    while (last < 50) {
      Mutex mutex;
      Condition changed;
      bool come = false;
      store.NextEvent(id, [&](absl::StatusOr<PolicyEvent> event) {
        MutexLock lock(mutex);
        last = event.ok() ? *event->policy.version : 50;
        come = true;
        changed.NotifyAll();
      });
      MutexLock lock(mutex);
      while (!come) changed.Wait(mutex);
    }
  });
  for (Version v = 0; v <= 50; ++v) store.Publish(SnapshotOf(v));
  watcher.join();
}

}  // namespace
}  // namespace mdrl
