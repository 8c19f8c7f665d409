// Threads against the desk: workers, the learner's loop and the end, under
// ThreadSanitizer.

#include <atomic>
#include <map>
#include <thread>

#include "gtest/gtest.h"
#include "services/learner/desk/front_desk.h"
#include "tests/services/learner/desk/desk_rig.h"

namespace mdrl {
namespace {

constexpr uint64_t kRounds = 15;

// Works until it is told that the run is over. Now and then it sends a group
// twice, and gives a lease back.
void Work(FrontDesk& desk, std::string name, uint8_t boot) {
  RigWorker worker(desk, std::move(name), boot);
  ASSERT_TRUE(worker.Register().ok());
  uint64_t turn = 0;
  while (true) {
    const auto reply = worker.Lease(2);
    if (!reply.ok() || reply->none_because == Reason::kFinished) return;
    for (const Lease& lease : reply->leases) {
      ++turn;
      if (turn % 7 == boot) {
        EXPECT_TRUE(worker.Return(lease.key, Reason::kScorerError).ok());
        continue;
      }
      const auto submitted = worker.Submit(RigGroup(lease));
      if (!submitted.ok()) return;
      EXPECT_EQ(submitted->outcome, SubmitGroupReply::Outcome::kAccepted);
      if (turn % 5 == boot) {
        EXPECT_EQ(worker.Submit(RigGroup(lease))->outcome,
                  SubmitGroupReply::Outcome::kDuplicate);
      }
    }
  }
}

// Content hashes of all groups in the order in which they were trained.
std::vector<Digest> Train(uint64_t max_staleness, int workers) {
  DeskOptions options = RigOptions(3, max_staleness);
  options.rounds_limit = kRounds;
  Rig rig(std::move(options));
  EXPECT_TRUE(rig.SubmitPrompts(RigPrompts(7, "w")).ok());
  rig.desk().Publish(RigSnapshot(0));
  std::vector<std::thread> threads;
  for (int i = 0; i < workers; ++i) {
    threads.emplace_back(Work, std::ref(rig.desk()), absl::StrCat("w", i),
                         static_cast<uint8_t>(i + 1));
  }
  std::vector<Digest> trained;
  while (true) {
    const auto round = rig.desk().TakeRound();
    if (!round.ok()) {
      EXPECT_EQ(round.status().code(), absl::StatusCode::kOutOfRange);
      break;
    }
    for (const ScoredGroup& group : round->groups) {
      trained.push_back(group.content_sha256);
      const Version version = group.group.completions[0].versions[0].version;
      EXPECT_EQ(version, round->round - std::min(round->round, max_staleness));
    }
    rig.desk().OnRoundTrained(round->round);
    rig.desk().Publish(RigSnapshot(round->round + 1));
  }
  rig.desk().Stop(Reason::kFinished);
  for (std::thread& thread : threads) thread.join();
  const LeaseTable::Counts counts = rig.desk().Status(true, true).tickets;
  EXPECT_EQ(counts.issued,
            counts.trained + counts.dropped_total() + counts.open_total());
  EXPECT_EQ(counts.trained, kRounds * 3);
  EXPECT_EQ(counts.open_total(), 0u);
  return trained;
}

TEST(FrontDeskLoopTest, WhatTrainsDoesNotDependOnTheNumberOfWorkers) {
  const std::vector<Digest> alone = Train(1, 1);
  EXPECT_EQ(alone.size(), kRounds * 3);
  EXPECT_EQ(Train(1, 3), alone);
}

TEST(FrontDeskLoopTest, InStepWithTheLearnerToo) {
  EXPECT_EQ(Train(0, 2).size(), kRounds * 3);
}

TEST(FrontDeskLoopTest, CloseWakesEverythingThatWaits) {
  Rig rig(RigOptions(2, 1));
  rig.desk().Publish(RigSnapshot(0));
  RigWorker worker(rig.desk(), "a", 1);
  ASSERT_TRUE(worker.Register().ok());
  const auto watcher = rig.desk().WatchPolicy(worker.caller());
  ASSERT_TRUE(watcher.ok());
  Awaited<PolicyEvent> first;
  rig.desk().NextPolicyEvent(*watcher, first.answer());
  EXPECT_EQ(first.Wait()->policy.version, 0u);
  Awaited<PolicyEvent> parked;
  rig.desk().NextPolicyEvent(*watcher, parked.answer());
  std::thread loop([&] {
    EXPECT_EQ(rig.desk().TakeRound().status().code(),
              absl::StatusCode::kCancelled);
  });
  std::thread prompts([&] {
    EXPECT_EQ(rig.desk().AwaitPrompts().code(), absl::StatusCode::kCancelled);
  });
  Awaited<LeaseReply> lease;
  rig.desk().Lease(worker.NextLeaseRequest(1, absl::Seconds(60)),
                   lease.answer());
  rig.desk().Close();
  loop.join();
  prompts.join();
  EXPECT_EQ(lease.Wait()->none_because, Reason::kDraining);
  EXPECT_EQ(parked.Wait().status().code(), absl::StatusCode::kCancelled);
}

TEST(FrontDeskLoopTest, TicksMayRunBesideEverything) {
  DeskOptions options = RigOptions(3, 1);
  options.rounds_limit = kRounds;
  Rig rig(std::move(options));
  ASSERT_TRUE(rig.SubmitPrompts(RigPrompts(7, "w")).ok());
  rig.desk().Publish(RigSnapshot(0));
  std::atomic<bool> over{false};
  std::thread ticks([&] {
    while (!over) {
      rig.desk().Tick();
      rig.desk().Status(true, true);
    }
  });
  std::thread worker(Work, std::ref(rig.desk()), "w", 1);
  while (rig.TrainRound().ok()) {
  }
  rig.desk().Stop(Reason::kFinished);
  worker.join();
  over = true;
  ticks.join();
  EXPECT_EQ(rig.desk().Status(false, false).tickets.trained, kRounds * 3);
}

}  // namespace
}  // namespace mdrl
