#include "services/rollout/scorer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

using Phase = RenewRequest::Phase;

ScoreRequest MakeScoreRequest(const DecodedGroup& decoded) {
  const Lease& lease = decoded.held.loan.lease();
  ScoreRequest request;
  request.group_id = lease.key.group_id;
  request.prompt = lease.prompt;
  request.rubric = lease.rubric;
  request.weights = lease.rubric_weights;
  for (uint32_t i = 0; i < decoded.texts.size(); ++i) {
    request.texts.push_back({i, decoded.texts[i]});
  }
  return request;
}

// Asking again cannot help: the service has no such task, rubric or weight.
bool NeverScores(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsUnimplemented(status) ||
         absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status);
}

bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status) || absl::IsAborted(status);
}

// The reward is then a component of its own: it stays the weighted sum of them.
void PayFailure(double reward, Score& score) {
  score.reward = reward;
  for (ScoreComponent& component : score.components) component.weight = 0.0;
  score.components.push_back({"failure_reward", reward, 1.0});
}

}  // namespace

absl::Status TakeScores(const ScoreReply& reply,
                        std::optional<double> failure_reward, Group& group) {
  std::vector<bool> seen(group.completions.size(), false);
  for (const ScoreReply::Item& item : reply.items) {
    if (item.index >= seen.size() || seen[item.index]) {
      return absl::DataLossError(
          absl::StrCat("the reward service's answer names completion ",
                       item.index, " twice or in error"));
    }
    const bool failed = item.score.outcome == Outcome::kServiceError;
    if (failed == item.score.reward.has_value() ||
        item.score.outcome == Outcome::kUnspecified) {
      return absl::DataLossError(absl::StrCat(
          "the reward service's answer for completion ", item.index,
          " has an outcome that does not go with its reward"));
    }
    if (failed) {
      return absl::UnavailableError(absl::StrCat(
          "the reward service could not score completion ", item.index));
    }
    seen[item.index] = true;
    Score& score = group.completions[item.index].score;
    score = item.score;
    if (failure_reward && score.outcome != Outcome::kScored) {
      PayFailure(*failure_reward, score);
    }
  }
  if (std::find(seen.begin(), seen.end(), false) != seen.end()) {
    return absl::DataLossError(absl::StrCat("the reward service's answer has ",
                                            reply.items.size(), " scores for ",
                                            seen.size(), " completions"));
  }
  return absl::OkStatus();
}

Scorer::Scorer(const ScorerParts& parts, const ScorerOptions& options)
    : parts_(parts), options_(options), queue_(options.capacity) {
  MutexLock lock(join_mutex_);
  for (uint32_t i = 0; i < options.threads; ++i) {
    threads_.emplace_back([this] { Loop(); });
  }
}

void Scorer::Close() {
  queue_.Close();
  MutexLock lock(join_mutex_);
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Scorer::Loop() {
  while (std::optional<DecodedGroup> decoded = queue_.Pop()) {
    Handle(*std::move(decoded));
  }
}

void Scorer::Handle(DecodedGroup decoded) {
  parts_.metrics.scoring_wait.Observe(Clock::Real().Now() - decoded.since);
  const Lease& lease = decoded.held.loan.lease();
  const absl::Time deadline = decoded.held.held->granted + lease.group_deadline;
  // What a person asked to be decoded has no rubric: nobody scores it.
  absl::Status status =
      lease.purpose == Purpose::kGenerate && lease.rubric.empty()
          ? absl::OkStatus()
          : Score(decoded, deadline);
  if (status.ok()) status = Submit(decoded, deadline);
  if (status.ok()) {
    decoded.held.loan.Settle();
    parts_.board.Remove(lease.key);
    return;
  }
  if (absl::IsCancelled(status)) return;  // goes back as CANCELLED
  Log(LogLevel::kWarn, "group_not_delivered", "a decoded group goes back",
      {{"group", Print(lease.key.group_id)}, {"error", status.ToString()}});
}

absl::Status Scorer::Score(DecodedGroup& decoded, absl::Time deadline) {
  HeldLease& held = *decoded.held.held;
  const Stopwatch watch(parts_.stats.score);
  const ScoreRequest request = MakeScoreRequest(decoded);
  absl::Duration pause = options_.first_pause;
  held.Enter(Phase::kScoring);
  while (true) {
    const absl::StatusOr<ScoreReply> reply = parts_.reward.Score(request);
    held.progress.fetch_add(1);
    absl::Status status = reply.status();
    if (reply.ok()) {
      status = TakeScores(*reply, decoded.held.loan.lease().failure_reward,
                          decoded.group);
    }
    if (status.ok()) break;
    if (absl::IsCancelled(status)) return status;
    const bool never = NeverScores(status);
    const Reason why = never ? Reason::kScorerMissing : Reason::kScorerError;
    held.waits_for.store(why);
    decoded.held.loan.BlameOn(why, std::string(status.message()));
    if (never) return status;
    MDRL_RETURN_IF_ERROR(AwaitNextTry(decoded, deadline, pause));
  }
  decoded.group.score_took = watch.Elapsed();
  return absl::OkStatus();
}

absl::Status Scorer::Submit(DecodedGroup& decoded, absl::Time deadline) {
  HeldLease& held = *decoded.held.held;
  const Stopwatch watch(parts_.stats.submit);
  SubmitGroupRequest request;
  request.content_sha256 = ContentSha256(decoded.group);
  absl::Duration pause = options_.first_pause;
  held.Enter(Phase::kSubmitting);
  while (true) {
    const auto current =
        parts_.session.Await(deadline - Clock::Real().Now(), held.revoked);
    if (held.revoked.load() || !current.has_value()) {
      return absl::CancelledError("the lease has ended");
    }
    request.caller = current->caller;
    decoded.group.slot = current->slot;
    request.group = decoded.group;
    const auto reply = parts_.learner.SubmitGroup(request);
    held.progress.fetch_add(1);
    if (reply.ok()) {
      if (reply->outcome == SubmitGroupReply::Outcome::kAccepted) {
        parts_.stats.groups_accepted.fetch_add(1);
      }
      return absl::OkStatus();
    }
    if (absl::IsCancelled(reply.status())) return reply.status();
    held.waits_for.store(Reason::kLedgerSlow);
    decoded.held.loan.BlameOn(Reason::kInternal,
                              std::string(reply.status().message()));
    if (!MayPass(reply.status())) return reply.status();
    // Another epoch or registration: this very group is presented again.
    if (absl::IsAborted(reply.status())) {
      parts_.session.Lost(request.caller);
    }
    MDRL_RETURN_IF_ERROR(AwaitNextTry(decoded, deadline, pause));
  }
}

absl::Status Scorer::AwaitNextTry(const DecodedGroup& decoded,
                                  absl::Time deadline, absl::Duration& pause) {
  if (!holding_.load() || decoded.held.held->revoked.load()) {
    return absl::CancelledError("the lease has ended");
  }
  if (Clock::Real().Now() + pause >= deadline) {
    return absl::DeadlineExceededError("the group's deadline is over");
  }
  if (!parts_.session.Pause(pause)) {
    return absl::CancelledError("the worker is closing");
  }
  pause = std::min(2 * pause, options_.longest_pause);
  return absl::OkStatus();
}

}  // namespace mdrl
