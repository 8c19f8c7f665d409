#include "services/learner/ledger/event_feed.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "services/learner/ledger/ledger.h"
#include "tests/services/learner/ledger/run_builder.h"

namespace mdrl {
namespace {

class EventFeedTest : public ::testing::Test {
 protected:
  void Open(LedgerOptions options = {}) {
    options.path = folder_.File("ledger.db");
    auto ledger = Ledger::Open(options);
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
    auto feed = EventFeed::Open(options.path);
    ASSERT_TRUE(feed.ok()) << feed.status();
    feed_ = *std::move(feed);
    ledger_->OnCommit([this](uint64_t seq) { feed_->Advance(seq); });
  }
  void TearDown() override { ledger_->Close(); }
  void Note(const std::string& subject) {
    ASSERT_TRUE(ledger_
                    ->Commit(LedgerWrite().Add(
                        EventNoted{"note", subject, R"({"x":1})"}))
                    .ok());
  }

  ::mdrl::testing::ScratchFolder folder_;
  std::unique_ptr<EventFeed> feed_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(EventFeedTest, ReadsFromWhereTheWatcherStopped) {
  Open();
  for (const char* subject : {"a", "b", "c"}) Note(subject);
  const auto first = feed_->Read(0, 2);
  ASSERT_TRUE(first.ok());
  ASSERT_EQ(first->size(), 2u);
  const auto rest = feed_->Read(first->back().seq, 2);
  ASSERT_EQ(rest->size(), 1u);
  EXPECT_EQ(rest->front().subject, "c");
  EXPECT_EQ(rest->front().body, R"({"x":1})");
  EXPECT_TRUE(feed_->Read(3, 2)->empty());
}

TEST_F(EventFeedTest, AParkedWatcherIsWokenByTheNextCommit) {
  Open();
  Note("a");
  std::promise<absl::Status> woken;
  feed_->Park(1, [&](absl::Status status) { woken.set_value(status); });
  Note("b");
  EXPECT_TRUE(woken.get_future().get().ok());
  bool at_once = false;
  feed_->Park(0, [&](absl::Status status) { at_once = status.ok(); });
  EXPECT_TRUE(at_once);
}

TEST_F(EventFeedTest, CloseAndUnparkEndEveryWait) {
  Open();
  int cancelled = 0;
  int forgotten = 0;
  feed_->Park(9, [&](absl::Status s) { cancelled += absl::IsCancelled(s); });
  const uint64_t number = feed_->Park(9, [&](const auto&) { ++forgotten; });
  EXPECT_TRUE(feed_->Unpark(number));
  EXPECT_FALSE(feed_->Unpark(number));
  feed_->Close();
  feed_->Park(0, [&](absl::Status s) { cancelled += absl::IsCancelled(s); });
  EXPECT_EQ(cancelled, 2);
  EXPECT_EQ(forgotten, 0);
}

TEST_F(EventFeedTest, WhoIsTooLateIsToldTheOldestSeq) {
  Open({.commit_events = 4, .keep_events = 3});
  for (int i = 0; i < 10; ++i) Note("x");
  const auto late = feed_->Read(2, 10);
  EXPECT_EQ(late.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_NE(late.status().message().find("oldest is 8"), std::string::npos)
      << late.status();
  EXPECT_EQ(feed_->Read(7, 10)->size(), 3u);
}

TEST_F(EventFeedTest, WatchersReadWhileTheLedgerIsWritten) {
  Open();
  constexpr uint64_t kEvents = 30;
  std::thread watcher([this] {
    uint64_t seen = 0;
    while (seen < kEvents) {
      std::promise<void> more;
      feed_->Park(seen, [&](const auto&) { more.set_value(); });
      more.get_future().wait();
      const auto events = feed_->Read(seen, 7);
      ASSERT_TRUE(events.ok()) << events.status();
      seen = events->back().seq;
    }
  });
  for (uint64_t i = 0; i < kEvents; ++i) Note("x");
  watcher.join();
}

}  // namespace
}  // namespace mdrl
