// Granting, renewing, ending and adopting leases; judging submissions.

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "services/learner/work/lease_table.h"

namespace mdrl {
namespace {

// Of so many groups the usual time is the median.
constexpr size_t kGroupTimes = 64;

}  // namespace

void LeaseTable::Hold(Entry& entry, Holder holder) {
  entry.ticket.state = TicketState::kLeased;
  entry.since = now_;
  held_[holder.registration].insert(entry.ticket.id);
  entry.holder = std::move(holder);
}

void LeaseTable::LetGo(Entry& entry) {
  const auto held = held_.find(entry.holder->registration);
  held->second.erase(entry.ticket.id);
  if (held->second.empty()) held_.erase(held);
  entry.holder.reset();
}

uint32_t LeaseTable::held(const RegistrationId& registration) const {
  const auto found = held_.find(registration);
  return found == held_.end() ? 0 : found->second.size();
}

bool LeaseTable::AnyWaiting(
    const std::function<bool(const Ticket&)>& can_do) const {
  return std::any_of(waiting_.begin(), waiting_.end(), [&](const TicketId& id) {
    return can_do(open_.at(id).ticket);
  });
}

bool LeaseTable::Grantable(const Entry& entry,
                           const GrantRequest& request) const {
  if (!request.can_do(entry.ticket)) return false;
  if (!entry.suspect) return true;
  const auto held = held_.find(request.registration);
  if (held == held_.end()) return true;
  return std::none_of(
      held->second.begin(), held->second.end(),
      [this](const TicketId& id) { return open_.at(id).suspect; });
}

std::optional<TicketId> LeaseTable::PickWaiting(
    Purpose purpose, const GrantRequest& request) const {
  for (auto it = waiting_.lower_bound({purpose, 0});
       it != waiting_.end() && it->purpose == purpose; ++it) {
    if (Grantable(open_.at(*it), request)) return *it;
  }
  return std::nullopt;
}

std::vector<Ticket> LeaseTable::Grant(const GrantRequest& request,
                                      absl::Time now) {
  now_ = now;
  std::vector<Ticket> granted;
  while (granted.size() < request.room) {
    const auto training = PickWaiting(Purpose::kTrain, request);
    auto other = PickWaiting(Purpose::kGenerate, request);
    if (!other.has_value()) other = PickWaiting(Purpose::kEvaluate, request);
    if (!training.has_value() && !other.has_value()) break;
    TicketId pick = training.has_value() ? *training : *other;
    if (training.has_value() && other.has_value()) {
      double& credit = evaluation_credit_[request.registration];
      credit += options_.evaluation_share;
      if (credit >= 1.0) {
        credit -= 1.0;
        pick = *other;
      }
    }
    Lend(pick, request, now);
    granted.push_back(open_.at(pick).ticket);
  }
  return granted;
}

void LeaseTable::Lend(const TicketId& id, const GrantRequest& request,
                      absl::Time now) {
  waiting_.erase(id);
  Entry& entry = open_.at(id);
  ++entry.ticket.attempts;
  Hold(entry, {.registration = request.registration,
               .slot = request.slot,
               .call = request.call,
               .granted = now,
               .expires = now + options_.lease_for,
               .moved = now});
}

LeaseTable::Renewal LeaseTable::Renew(const RenewRequest& request,
                                      absl::Time now) {
  now_ = now;
  Renewal renewal;
  const RegistrationId& caller = request.caller.registration_id;
  std::map<GroupId, const RenewRequest::Held*> listed;
  for (const RenewRequest::Held& held : request.leases) {
    listed[held.key.group_id] = &held;
  }
  // First see what moved anywhere: QUEUED moves with the worker's other work.
  uint64_t& steps_ever = steps_ever_[caller];
  bool any_moved = request.decode_steps_ever != steps_ever;
  steps_ever = request.decode_steps_ever;
  const auto held = held_.find(caller);
  const std::set<TicketId> mine =
      held == held_.end() ? std::set<TicketId>{} : held->second;
  for (const TicketId& id : mine) {
    Entry& entry = open_.at(id);
    const auto said = listed.find(entry.ticket.of.group_id);
    if (said == listed.end() ||
        said->second->key.attempt != entry.ticket.attempts) {
      continue;
    }
    Holder& holder = *entry.holder;
    holder.waits_for = said->second->waits_for;
    holder.progress_total = said->second->progress_total;
    if (said->second->phase == holder.phase &&
        said->second->progress == holder.progress) {
      continue;
    }
    if (said->second->phase != holder.phase) holder.phase_since = now;
    holder.phase = said->second->phase;
    holder.progress = said->second->progress;
    holder.moved = now;
    any_moved = true;
  }
  for (const TicketId& id : mine) {
    Entry& entry = open_.at(id);
    Holder& holder = *entry.holder;
    const auto said = listed.find(entry.ticket.of.group_id);
    if (said == listed.end() ||
        said->second->key.attempt != entry.ticket.attempts) {
      if (holder.call <= request.lease_call_seen) {
        End(entry, Reason::kLeaseUndelivered, "granted, but not held",
            renewal.endings);
      }
      continue;
    }
    if (holder.phase == RenewRequest::Phase::kQueued && any_moved) {
      holder.moved = now;
    }
    if (now - holder.granted >= options_.group_deadline) {
      End(entry, Reason::kGroupStraggles, "past the group's deadline",
          renewal.endings);
      continue;
    }
    if (now - holder.moved <= options_.stall) {
      holder.expires = now + options_.lease_for;
    }
  }
  for (const RenewRequest::Held& said : request.leases) {
    const Entry* entry = OpenEntry(said.key.group_id);
    const auto accepted = accepted_.find(said.key.group_id);
    const bool is_mine = entry != nullptr && entry->holder.has_value() &&
                         entry->holder->registration == caller &&
                         entry->ticket.attempts == said.key.attempt;
    // Its submission arrived while this heartbeat was under way.
    const bool just_taken = accepted != accepted_.end() &&
                            accepted->second.attempt == said.key.attempt;
    if (is_mine || just_taken) {
      renewal.renewed.push_back(said.key);
    } else {
      renewal.revoked.push_back({said.key, WhyOver(said.key)});
    }
  }
  return renewal;
}

Reason LeaseTable::WhyOver(const LeaseKey& key) const {
  if (accepted_.contains(key.group_id)) return Reason::kSuperseded;
  const auto dropped = dropped_groups_.find(key.group_id);
  if (dropped != dropped_groups_.end()) return dropped->second;
  const Entry* entry = OpenEntry(key.group_id);
  if (entry == nullptr) return Reason::kCancelled;
  if (entry->vacant.has_value()) return *entry->vacant;
  return entry->last_end == Reason::kUnspecified ? Reason::kLeaseExpired
                                                 : entry->last_end;
}

LeaseTable::Adoption LeaseTable::Adopt(
    const RegistrationId& registration, uint32_t slot,
    const std::optional<RegistrationId>& previous,
    const std::vector<LeaseKey>& held, absl::Time now) {
  now_ = now;
  Adoption adoption;
  for (const LeaseKey& key : held) {
    Entry* entry = OpenEntry(key.group_id);
    if (entry == nullptr || entry->vacant.has_value() ||
        entry->ticket.attempts != key.attempt) {
      continue;
    }
    bool open_in_ledger = false;
    if (entry->ticket.state == TicketState::kLeased) {
      if (entry->holder->slot != slot) continue;
      open_in_ledger = entry->holder->open_in_ledger;
      LetGo(*entry);
    } else if (entry->ticket.state == TicketState::kIssued) {
      waiting_.erase(entry->ticket.id);  // expired, but nobody else has it yet
    } else {
      continue;
    }
    Hold(*entry, {.registration = registration,
                  .slot = slot,
                  .call = 0,
                  .granted = now,
                  .expires = now + options_.lease_for,
                  .moved = now,
                  .open_in_ledger = open_in_ledger});
    adoption.adopted.push_back(key);
  }
  std::vector<TicketId> gone;
  if (previous.has_value() && *previous != registration) {
    const auto old = held_.find(*previous);
    if (old != held_.end()) gone.assign(old->second.begin(), old->second.end());
  }
  // From before a restart there is no registration, only the slot.
  if (const auto old = held_.find(RegistrationId{}); old != held_.end()) {
    for (const TicketId& id : old->second) {
      if (open_.at(id).holder->slot == slot) gone.push_back(id);
    }
  }
  for (const TicketId& id : gone) {
    End(open_.at(id), Reason::kWorkerLost, "its worker came back without it",
        adoption.endings);
  }
  if (previous.has_value()) {
    steps_ever_.erase(*previous);
    evaluation_credit_.erase(*previous);
  }
  return adoption;
}

Endings LeaseTable::Expire(absl::Time now) {
  now_ = now;
  Endings endings;
  std::vector<TicketId> over;
  for (const auto& [registration, tickets] : held_) {
    for (const TicketId& id : tickets) {
      const Holder& holder = *open_.at(id).holder;
      if (now >= holder.expires ||
          now - holder.granted >= options_.group_deadline) {
        over.push_back(id);
      }
    }
  }
  for (const TicketId& id : over) {
    Entry& entry = open_.at(id);
    const bool straggles =
        now - entry.holder->granted >= options_.group_deadline;
    End(entry, straggles ? Reason::kGroupStraggles : Reason::kLeaseExpired,
        straggles ? "past the group's deadline" : "not renewed", endings);
  }
  return endings;
}

Endings LeaseTable::EndAll(const RegistrationId& registration, Reason why) {
  Endings endings;
  const auto held = held_.find(registration);
  if (held == held_.end()) return endings;
  const std::set<TicketId> tickets = held->second;
  for (const TicketId& id : tickets) {
    End(open_.at(id), why, "its worker is gone", endings);
  }
  return endings;
}

absl::StatusOr<LeaseTable::Verdict> LeaseTable::Judge(
    const Submission& submission) const {
  using Outcome = SubmitGroupReply::Outcome;
  const GroupId& group = submission.key.group_id;
  Verdict verdict;
  const auto accepted = accepted_.find(group);
  if (accepted != accepted_.end()) {
    const Accepted& first = accepted->second;
    verdict.accepted_attempt = first.attempt;
    const bool same_content = first.content_sha256 == submission.content_sha256;
    const bool same_attempt = first.attempt == submission.key.attempt;
    verdict.outcome = same_attempt && same_content ? Outcome::kDuplicate
                                                   : Outcome::kSuperseded;
    verdict.nondeterministic = !same_content &&
                               first.version_min == submission.version_min &&
                               first.version_max == submission.version_max;
    return verdict;
  }
  const Entry* entry = OpenEntry(group);
  if (entry == nullptr || entry->vacant.has_value()) {
    if (entry == nullptr && !dropped_groups_.contains(group)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "no lease for group ", Print(group), " was granted in this run"));
    }
    verdict.outcome = Outcome::kCancelled;
    return verdict;
  }
  const Ticket& ticket = entry->ticket;
  if (submission.key.attempt == 0 || submission.key.attempt > ticket.attempts) {
    return absl::FailedPreconditionError(absl::StrCat(
        "attempt ", submission.key.attempt, " of group ", Print(group),
        " was never granted; the latest is ", ticket.attempts));
  }
  if (submission.purpose != ticket.id.purpose ||
      submission.ticket != ticket.id.number) {
    return absl::FailedPreconditionError(
        absl::StrCat("group ", Print(group), " belongs to ticket ",
                     ticket.id.number, ", not to ", submission.ticket));
  }
  const bool fits =
      ticket.exact_version.has_value()
          ? submission.version_min == *ticket.exact_version &&
                submission.version_max == *ticket.exact_version
          : submission.version_min >= ticket.min_version.value_or(0) &&
                submission.version_max <= newest();
  if (!fits) {
    return absl::FailedPreconditionError(absl::StrCat(
        "group ", Print(group), " was decoded with versions ",
        submission.version_min, " to ", submission.version_max,
        ticket.exact_version.has_value() ? ", its lease allows only "
                                         : ", its lease allows none before ",
        ticket.exact_version.value_or(ticket.min_version.value_or(0))));
  }
  if (ticket.due_round.has_value() && *ticket.due_round < newest()) {
    verdict.outcome = Outcome::kLate;
    return verdict;
  }
  verdict.outcome = Outcome::kAccepted;
  verdict.accepted_attempt = submission.key.attempt;
  verdict.ticket = ticket;
  return verdict;
}

LeaseTable::Verdict LeaseTable::Accept(const Submission& submission) {
  Entry* entry = OpenEntry(submission.key.group_id);
  MDRL_CHECK(entry != nullptr) << "accepted without an open ticket";
  Verdict verdict;
  verdict.outcome = SubmitGroupReply::Outcome::kAccepted;
  verdict.accepted_attempt = submission.key.attempt;
  if (entry->holder.has_value()) {
    if (submission.purpose == Purpose::kTrain) {
      group_times_.push_back(now_ - entry->holder->granted);
      if (group_times_.size() > kGroupTimes) group_times_.pop_front();
    }
    const bool newer = entry->ticket.attempts != submission.key.attempt;
    verdict.endings.leases.push_back(
        {.key = {submission.key.group_id, entry->ticket.attempts},
         .ticket = entry->ticket.id,
         .slot = entry->holder->slot,
         .why = newer ? Reason::kSuperseded : Reason::kUnspecified,
         .detail = "",
         .open_in_ledger = entry->holder->open_in_ledger});
    LetGo(*entry);
  } else {
    waiting_.erase(entry->ticket.id);
  }
  entry->ticket.state = TicketState::kSubmitted;
  entry->since = now_;
  entry->suspect = false;
  accepted_[submission.key.group_id] = {
      .attempt = submission.key.attempt,
      .content_sha256 = submission.content_sha256,
      .version_min = submission.version_min,
      .version_max = submission.version_max};
  verdict.ticket = entry->ticket;
  return verdict;
}

}  // namespace mdrl
