#include "services/rollout/heartbeat.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/log.h"

namespace mdrl {
namespace {

// Until the learner has said how long its leases last.
constexpr absl::Duration kFirstLease = absl::Seconds(15);

}  // namespace

Heartbeat::Heartbeat(const HeartbeatParts& parts, absl::Duration period)
    : parts_(parts),
      last_answer_ns_(absl::ToUnixNanos(Clock::Real().Now())),
      lease_for_ns_(absl::ToInt64Nanoseconds(kFirstLease)),
      box_(std::make_shared<ReturnBox>([this] { task_.RunSoon(); })),
      task_("heartbeat", period, [this] { Beat(); }) {}

void Heartbeat::Beat() {
  ReturnNow();
  const auto current = parts_.session.Get();
  if (current.has_value()) Renew(*current);
}

void Heartbeat::ReturnNow() {
  const auto current = parts_.session.Get();
  ReturnLeaseRequest request;
  request.leases = box_->TakeAll();
  if (request.leases.empty()) return;
  if (current.has_value()) {
    request.caller = current->caller;
    const auto reply = parts_.link.ReturnLease(request);
    // A lease that could not be returned ends by time; nothing is lost.
    if (!reply.ok()) {
      Log(LogLevel::kWarn, "return_failed", "leases could not be given back",
          {{"count", absl::StrCat(request.leases.size())},
           {"error", reply.status().ToString()}});
    }
  }
  for (const auto& returned : request.leases) {
    parts_.board.Remove(returned.key);
  }
}

void Heartbeat::Renew(const Session::Current& current) {
  RenewRequest request;
  request.caller = current.caller;
  request.state = state_.load();
  request.active = parts_.follower.active();
  request.staging = parts_.follower.Staging();
  request.decode_steps_ever = parts_.stats.decode_steps.load();
  request.busy_seconds = BusySeconds(parts_.stats, Clock::Real().Now());
  parts_.board.Describe(parts_.follower.bytes_ever(), request);
  const absl::StatusOr<RenewReply> reply = parts_.link.Renew(request);
  const int64_t now = absl::ToUnixNanos(Clock::Real().Now());
  if (absl::IsAborted(reply.status())) {
    parts_.session.Lost(current.caller);
    return;
  }
  if (!reply.ok()) {
    // Cut off: finish what is begun, start nothing (docs/protocol.md).
    const double silent = static_cast<double>(now - last_answer_ns_.load());
    if (silent > 0.8 * static_cast<double>(lease_for_ns_.load())) {
      parts_.queue.SetPaused(true);
    }
    return;
  }
  last_answer_ns_.store(now);
  if (reply->lease_for > absl::ZeroDuration()) {
    lease_for_ns_.store(absl::ToInt64Nanoseconds(reply->lease_for));
  }
  parts_.queue.SetPaused(false);
  for (const RenewReply::Revoked& revoked : reply->revoked) {
    parts_.board.Revoke(revoked.key);
    Log(LogLevel::kInfo, "lease_revoked", "the learner took a lease back",
        {{"group", Print(revoked.key.group_id)},
         {"reason", std::string(ReasonName(revoked.reason))}});
  }
  if (reply->drain) drain_asked_.store(true);
}

}  // namespace mdrl
