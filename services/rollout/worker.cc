#include "services/rollout/worker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

FollowerOptions MakeFollowerOptions(const WorkerOptions& options,
                                    RolloutMetrics& metrics) {
  FollowerOptions follower;
  follower.kept = options.policies_kept;
  follower.first_pause = options.first_pause;
  follower.longest_pause = options.longest_pause;
  follower.metrics = &metrics.policy;
  return follower;
}

uint32_t CapacityOf(const WorkerOptions& options) {
  if (options.capacity > 0) return options.capacity;
  // One batch per lane in the forwards and one more queued: enough that small
  // groups, too, fill a forward.
  return options.lanes * options.max_rows * 2;
}

ScorerOptions MakeScorerOptions(const WorkerOptions& options) {
  ScorerOptions scorer;
  scorer.threads = options.scorer_threads;
  scorer.capacity = CapacityOf(options);
  scorer.first_pause = options.first_pause;
  scorer.longest_pause = options.longest_pause;
  return scorer;
}

LaneOptions MakeLaneOptions(const WorkerOptions& options) {
  LaneOptions lanes;
  lanes.lanes = options.lanes;
  lanes.max_rows = options.max_rows;
  lanes.policy_wait = options.policy_wait;
  lanes.build = options.build;
  lanes.device = options.device;
  lanes.text_of = options.text_of;
  return lanes;
}

// These pass by themselves: the peer is starting, restarting or busy.
bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsResourceExhausted(status) || absl::IsAborted(status);
}

}  // namespace

RolloutWorker::RolloutWorker(WorkerOptions options, LearnerLink& learner,
                             RewardLink& reward, Engine& engine)
    : options_(std::move(options)),
      unread_(options_.metrics == nullptr ? std::make_unique<UnreadMetrics>()
                                          : nullptr),
      metrics_(unread_ ? unread_->metrics : *options_.metrics),
      learner_(learner),
      reward_(reward),
      follower_(learner, options_.manifest_codec,
                MakeFollowerOptions(options_, metrics_)),
      queue_(options_.max_rows),
      heartbeat_(
          HeartbeatParts{learner, session_, board_, queue_, follower_, stats_},
          options_.heartbeat),
      shelf_(engine, options_.policies_kept, metrics_.policy),
      scorer_(ScorerParts{learner, reward, session_, board_, stats_, metrics_},
              MakeScorerOptions(options_)),
      lanes_(LaneParts{queue_, follower_, shelf_, engine, scorer_, stats_,
                       metrics_},
             MakeLaneOptions(options_)) {}

RolloutWorker::~RolloutWorker() {
  Stop(absl::ZeroDuration());
  JoinAll();
}

uint32_t RolloutWorker::capacity() const { return CapacityOf(options_); }

absl::Status RolloutWorker::Run() {
  absl::Status status = Serve();
  if (closing_.load() && absl::IsCancelled(status)) status = absl::OkStatus();
  TellReady(false);
  Stop(options_.grace);
  JoinAll();
  return status;
}

void RolloutWorker::Stop(absl::Duration grace) {
  if (closing_.exchange(true)) {
    MutexLock lock(stop_mutex_);
    while (!stopped_) stop_changed_.Wait(stop_mutex_);
    return;
  }
  heartbeat_.SetState(RenewRequest::Worker::kDraining);
  scorer_.StopHolding();
  queue_.Close();
  lanes_.StopDecoding();
  if (grace > absl::ZeroDuration()) {
    // Said before the long poll is cut off, or it might still be granted work.
    heartbeat_.BeatNow();
    board_.AwaitEmpty(grace);
  }
  learner_.Cancel();
  reward_.Cancel();
  session_.Close();
  board_.Close();
  {
    // Notified under the lock: the waiter may destroy the worker.
    MutexLock lock(stop_mutex_);
    stopped_ = true;
    stop_changed_.NotifyAll();
  }
}

void RolloutWorker::JoinAll() {
  queue_.Close();
  lanes_.Close();
  scorer_.Close();
  heartbeat_.Close();
  follower_.Close();
}

absl::Status RolloutWorker::Serve() {
  while (!Ending()) {
    MDRL_ASSIGN_OR_RETURN(const RegisterReply reply, Register());
    board_.KeepOnly(reply.adopted);
    follower_.BeginEpoch(reply.run_id, options_.base_model_hash, reply.newest);
    Session::Current current;
    current.caller.run_id = reply.run_id;
    current.caller.epoch = reply.epoch;
    current.caller.registration_id = reply.registration_id;
    current.slot = reply.slot;
    session_.Begin(current);
    Log(LogLevel::kInfo, "registered", "the learner knows this worker",
        {{"name", options_.name}, {"slot", absl::StrCat(reply.slot)}});
    MDRL_RETURN_IF_ERROR(WarmUp());
    heartbeat_.SetState(RenewRequest::Worker::kReady);
    heartbeat_.BeatSoon();
    TellReady(true);
    MDRL_RETURN_IF_ERROR(LeaseUntilLost(current.caller));
    TellReady(false);
  }
  // Drained: what was begun is still delivered.
  while (!closing_.load() && !board_.AwaitEmpty(absl::Milliseconds(100))) {
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<RegisterRequest::Scorer>>
RolloutWorker::AwaitScorers() {
  const absl::Time since = Clock::Real().Now();
  absl::Duration pause = options_.first_pause;
  while (true) {
    const absl::StatusOr<TaskListing> listing = reward_.ListTasks();
    if (listing.ok()) {
      std::vector<RegisterRequest::Scorer> scorers;
      for (const TaskListing::Task& task : listing->tasks) {
        scorers.push_back(
            {task.name, task.verifier_version, listing->sandbox, task.rubrics});
      }
      return scorers;
    }
    MDRL_RETURN_IF_ERROR(PauseAfter(
        WithContext(listing.status(), "reward service"), since, pause));
  }
}

absl::StatusOr<RegisterReply> RolloutWorker::Register() {
  RegisterRequest request;
  MDRL_ASSIGN_OR_RETURN(request.scorers, AwaitScorers());
  request.name = options_.name;
  request.boot_id = options_.boot_id;
  request.life = ++life_;
  request.build = options_.build;
  request.device = options_.device;
  request.device_bytes = options_.device_bytes;
  request.capacity = capacity();
  request.base_model_hash = options_.base_model_hash;
  request.tokenizer_hash = options_.tokenizer_hash;
  const absl::Time since = Clock::Real().Now();
  absl::Duration pause = options_.first_pause;
  while (true) {
    request.held = board_.Keys();
    request.resident = follower_.Resident();
    absl::StatusOr<RegisterReply> reply = learner_.Register(request);
    if (reply.ok()) return reply;
    // The old process of this name may not be lost yet.
    const bool name_in_use = ReasonOf(reply.status()) == "NAME_IN_USE";
    if (!MayPass(reply.status()) && !name_in_use) return reply.status();
    MDRL_RETURN_IF_ERROR(
        PauseAfter(WithContext(reply.status(), "learner"), since, pause));
  }
}

absl::Status RolloutWorker::WarmUp() {
  heartbeat_.BeatSoon();
  const absl::Time since = Clock::Real().Now();
  absl::Duration pause = options_.first_pause;
  while (true) {
    const auto snapshot = follower_.AtLeast(0, options_.warmup, &closing_);
    MDRL_RETURN_IF_ERROR(
        WithContext(snapshot.status(), "waiting for the first policy"));
    const auto policy = shelf_.Get(**snapshot);
    if (policy.ok()) {
      follower_.Report((*snapshot)->ref(), RenewRequest::Stage::kActive);
      return absl::OkStatus();
    }
    follower_.Report((*snapshot)->ref(), RenewRequest::Stage::kFailed,
                     std::string(policy.status().message()));
    MDRL_RETURN_IF_ERROR(PauseAfter(policy.status(), since, pause));
  }
}

absl::Status RolloutWorker::LeaseUntilLost(const Caller& caller) {
  LeaseRequest request;
  request.caller = caller;
  request.wait = options_.lease_wait;
  absl::Time reached = Clock::Real().Now();
  absl::Duration pause = options_.first_pause;
  while (!Ending() && session_.Holds(caller)) {
    if (!board_.AwaitRoom(capacity(), absl::Milliseconds(100))) continue;
    const uint32_t held = board_.size();
    if (held >= capacity()) continue;
    request.max_leases = capacity() - held;
    ++request.caller.call;
    const absl::Time asked = Clock::Real().Now();
    absl::StatusOr<LeaseReply> reply = learner_.Lease(request);
    if (absl::IsAborted(reply.status())) {
      session_.Lost(caller);
      return absl::OkStatus();
    }
    if (!reply.ok()) {
      MDRL_RETURN_IF_ERROR(
          PauseAfter(WithContext(reply.status(), "learner"), reached, pause));
      continue;
    }
    reached = Clock::Real().Now();
    pause = options_.first_pause;
    if (reply->leases.empty()) {
      // "None" ahead of time (draining, finished) must not become a busy loop.
      if (reached - asked < options_.lease_wait / 2) {
        session_.Pause(options_.first_pause);
      }
      continue;
    }
    stats_.leases.fetch_add(reply->leases.size());
    queue_.Put(board_.Granted(request.caller.call, std::move(reply->leases),
                              heartbeat_.box(), reached));
  }
  return absl::OkStatus();
}

absl::Status RolloutWorker::PauseAfter(const absl::Status& failure,
                                       absl::Time since,
                                       absl::Duration& pause) {
  if (closing_.load() || absl::IsCancelled(failure)) {
    return absl::CancelledError("the worker is closing");
  }
  if (Clock::Real().Now() - since > options_.reconnect_for) {
    return ErrorWith(absl::StatusCode::kUnavailable, reason::kPeerUnreachable,
                     "", std::string(failure.message()));
  }
  Log(LogLevel::kWarn, "peer_out_of_reach", "trying again",
      {{"error", failure.ToString()}});
  if (!session_.Pause(pause)) {
    return absl::CancelledError("the worker is closing");
  }
  pause = std::min(2 * pause, options_.longest_pause);
  return absl::OkStatus();
}

void RolloutWorker::RefreshMetrics() {
  metrics_.RefreshBusy(stats_, Clock::Real().Now());
  metrics_.queue_depth.At({"leases"}).Set(queue_.waiting());
  metrics_.queue_depth.At({"scoring"}).Set(scorer_.waiting());
  metrics_.queue_capacity.At({"leases"}).Set(capacity());
  metrics_.queue_capacity.At({"scoring"}).Set(capacity());
  metrics_.policy.version.Set(
      static_cast<double>(follower_.active().version.value_or(0)));
}

void RolloutWorker::TellReady(bool ready) {
  if (options_.on_ready) options_.on_ready(ready);
}

}  // namespace mdrl
