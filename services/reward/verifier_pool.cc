#include "services/reward/verifier_pool.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/log.h"

namespace mdrl {
namespace {

// About what a full queue of the tasks without programs takes.
constexpr absl::Duration kRetryAfter = absl::Milliseconds(50);

}  // namespace

VerifierPool::VerifierPool(const Options& options)
    : metrics_(options.metrics),
      programs_(options.programs),
      queue_(options.queue) {
  MDRL_CHECK(options.threads > 0) << "a pool without threads";
  for (int i = 0; i < options.threads; ++i) {
    threads_.emplace_back([this] { Run(); });
  }
}

VerifierPool::~VerifierPool() { Close(); }

absl::Status VerifierPool::Submit(ScoreRequest request, Answer answer) {
  Job job{std::move(request), std::move(answer), Clock::Real().Now()};
  if (queue_.TryPush(std::move(job))) return absl::OkStatus();
  if (queue_.closed()) {
    return absl::UnavailableError("the reward service is ending");
  }
  ErrorDetail detail;
  detail.reason = std::string(reason::kQueueFull);
  detail.retry_after = kRetryAfter;
  return WithDetail(
      absl::ResourceExhaustedError(absl::StrCat(
          "all ", queue_.capacity(), " places for requests are taken")),
      detail);
}

void VerifierPool::Close() {
  queue_.Close();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void VerifierPool::Run() {
  while (std::optional<Job> job = queue_.Pop()) {
    const absl::Time start = Clock::Real().Now();
    absl::StatusOr<ScoreReply> reply = ScoreTextsWith(programs_, job->request);
    // A task that was scored is a known one: labels stay a closed set.
    if (metrics_ != nullptr && reply.ok()) {
      metrics_->CountReply(job->request.prompt.task, *reply, start - job->since,
                           Clock::Real().Now() - start);
    }
    job->answer(std::move(reply));
  }
}

}  // namespace mdrl
