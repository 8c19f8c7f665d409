// Threads that score requests, behind a queue of fixed length.
//
// Thread-safe. A full queue is the caller's answer (RESOURCE_EXHAUSTED), never
// a growing one. Every accepted request is answered exactly once.
#ifndef MDRL_SERVICES_REWARD_VERIFIER_POOL_H_
#define MDRL_SERVICES_REWARD_VERIFIER_POOL_H_

#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "common/record/rollout_calls.h"
#include "common/sync/bounded_queue.h"
#include "services/reward/reward_metrics.h"
#include "services/reward/scoring.h"

namespace mdrl {

class VerifierPool {
 public:
  struct Options {
    int threads = 2;
    size_t queue = 64;  // requests that wait, beside those being scored
    RewardMetrics* metrics = nullptr;  // counts; outlives the pool
    ProgramRuns programs = {};
  };
  using Answer = std::function<void(absl::StatusOr<ScoreReply>)>;

  explicit VerifierPool(const Options& options);
  // As Close().
  ~VerifierPool();
  VerifierPool(const VerifierPool&) = delete;
  VerifierPool& operator=(const VerifierPool&) = delete;

  // Calls `answer` from one of the threads with what ScoreTexts says.
  // ResourceExhausted QUEUE_FULL with a time to wait, or Unavailable after
  // Close(); then `answer` is not called.
  absl::Status Submit(ScoreRequest request, Answer answer);

  // Takes nothing new, answers what it has taken, joins the threads. May be
  // repeated, by one thread at a time.
  void Close();

  size_t waiting() const { return queue_.size(); }
  size_t capacity() const { return queue_.capacity(); }

 private:
  struct Job {
    ScoreRequest request;
    Answer answer;
    absl::Time since;
  };

  void Run();

  RewardMetrics* const metrics_;  // may be null
  const ProgramRuns programs_;
  BoundedQueue<Job> queue_;
  std::vector<std::thread> threads_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFIER_POOL_H_
