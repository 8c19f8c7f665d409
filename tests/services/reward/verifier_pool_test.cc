#include "services/reward/verifier_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <numeric>
#include <vector>

#include "common/base/error.h"
#include "common/tasks/prompt_maker.h"

namespace mdrl {
namespace {

ScoreRequest Request() {
  ScoreRequest request;
  request.prompt = SortPrompt("3141", "p");
  request.rubric = "bare";
  request.texts = {{0, "1134"}};
  return request;
}

TEST(VerifierPoolTest, AnswersWhatItTakes) {
  VerifierPool pool({});
  std::promise<absl::StatusOr<ScoreReply>> answered;
  ASSERT_TRUE(pool.Submit(Request(),
                          [&answered](auto reply) {
                            answered.set_value(std::move(reply));
                          })
                  .ok());
  const absl::StatusOr<ScoreReply> reply = answered.get_future().get();
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->items[0].score.reward, 1.0);
}

TEST(VerifierPoolTest, AFullQueueSaysSoAndWhenToComeBack) {
  VerifierPool pool({.threads = 1, .queue = 1});
  std::promise<void> started, go_on;
  // The only thread is held in its answer; then one request fits in the queue.
  ASSERT_TRUE(pool.Submit(Request(),
                          [&](auto) {
                            started.set_value();
                            go_on.get_future().wait();
                          })
                  .ok());
  started.get_future().wait();
  std::atomic<int> answers = 0;
  const auto count = [&answers](auto) { ++answers; };
  ASSERT_TRUE(pool.Submit(Request(), count).ok());
  const absl::Status full = pool.Submit(Request(), count);
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(DetailOf(full).reason, reason::kQueueFull);
  EXPECT_TRUE(DetailOf(full).retry_after.has_value());
  go_on.set_value();
  pool.Close();
  EXPECT_EQ(answers, 1);
}

TEST(VerifierPoolTest, CloseAnswersEverythingTakenAndRefusesTheRest) {
  std::atomic<int> answers = 0;
  VerifierPool pool({.threads = 3, .queue = 1000});
  int taken = 0;
  for (int i = 0; i < 1000; ++i) {
    taken += pool.Submit(Request(), [&answers](auto) { ++answers; }).ok();
  }
  pool.Close();
  EXPECT_EQ(answers, taken);
  EXPECT_EQ(pool.Submit(Request(), [](auto) {}).code(),
            absl::StatusCode::kUnavailable);
  pool.Close();
}

TEST(VerifierPoolTest, SubmitRacesCloseWithoutLosingAnAnswer) {
  for (int round = 0; round < 50; ++round) {
    VerifierPool pool({.threads = 2, .queue = 4});
    std::atomic<int> answers = 0, taken = 0;
    std::thread other([&] {
      for (int i = 0; i < 20; ++i) {
        taken += pool.Submit(Request(), [&answers](auto) { ++answers; }).ok();
      }
    });
    pool.Close();
    other.join();
    EXPECT_EQ(answers, taken);
  }
}

TEST(VerifierPoolTest, CountsScoresByTaskAndOutcome) {
  Registry registry;
  RewardMetrics metrics(registry, {"sort"});
  VerifierPool::Options options;
  options.metrics = &metrics;
  VerifierPool pool(options);
  ScoreRequest request = Request();
  request.texts = {{0, "1134"}, {1, "4311"}};
  ASSERT_TRUE(pool.Submit(request, [](auto) {}).ok());
  request.rubric = "no such rubric";
  ASSERT_TRUE(pool.Submit(request, [](auto) {}).ok());
  pool.Close();
  EXPECT_EQ(metrics.scores.At({"sort", "scored"}).value(), 2.0);
  // One request, whatever number of texts.
  const std::vector<uint64_t> times =
      metrics.seconds.At({"sort", "run"}).counts();
  EXPECT_EQ(std::accumulate(times.begin(), times.end(), uint64_t{0}), 1u);
  EXPECT_EQ(metrics.scores.At({"sort", "service_error"}).value(), 0.0);
}

TEST(RewardMetricsTest, CountsWhyProgramsWereEnded) {
  using Kill = ProgramResult::Kill;
  Registry registry;
  RewardMetrics metrics(registry, {"mbpp"});
  for (const Kill kill : {Kill::kNone, Kill::kWall, Kill::kWall, Kill::kCpu}) {
    metrics.CountProgram({.kill = kill});
  }
  metrics.CountProgram({.kill = Kill::kOutput, .spoofed = true});
  EXPECT_EQ(metrics.sandbox_kills.At({"wall"}).value(), 2.0);
  EXPECT_EQ(metrics.sandbox_kills.At({"cpu"}).value(), 1.0);
  EXPECT_EQ(metrics.sandbox_kills.At({"memory"}).value(), 0.0);
  EXPECT_EQ(metrics.sandbox_kills.At({"output"}).value(), 1.0);
  EXPECT_EQ(metrics.verdict_spoofs.value(), 1.0);
}

}  // namespace
}  // namespace mdrl
