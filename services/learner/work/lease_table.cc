#include "services/learner/work/lease_table.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"

namespace mdrl {
namespace {

// Failures that a prompt itself can cause and that a worker reports by name.
bool IsTypedFailure(Reason why) {
  return why == Reason::kOutOfMemory || why == Reason::kInternal ||
         why == Reason::kPromptPoison;
}

// Endings that count towards max_attempts. Infrastructure (a scorer that is
// away, a policy that does not arrive, a lost reply, a drain) says nothing
// about the prompt.
bool IsBlamed(Reason why) {
  return IsTypedFailure(why) || why == Reason::kWorkerLost ||
         why == Reason::kLeaseExpired || why == Reason::kGroupStraggles ||
         why == Reason::kNoProgress;
}

}  // namespace

std::optional<Ticket> LeaseTable::NextTraining(uint64_t capacity) const {
  if (no_more_tickets_ || !newest_.has_value()) return std::nullopt;
  const uint64_t due = next_training_ / options_.groups_per_round;
  if (due > *newest_ + options_.max_staleness) return std::nullopt;
  if (options_.rounds_limit != 0 && due >= options_.rounds_limit) {
    return std::nullopt;
  }
  if (counts(Purpose::kTrain).open_total() >= open_limit(capacity)) {
    return std::nullopt;
  }
  Ticket ticket;
  ticket.id = {Purpose::kTrain, next_training_};
  ticket.due_round = due;
  ticket.min_version =
      due > options_.max_staleness ? due - options_.max_staleness : 0;
  ticket.exact_version = ticket.min_version;
  return ticket;
}

void LeaseTable::Issue(Ticket ticket) {
  const TicketId id = ticket.id;
  if (id.purpose == Purpose::kTrain) {
    MDRL_CHECK(id.number == next_training_) << "training tickets are dense";
    ++next_training_;
  }
  MDRL_CHECK(by_group_.emplace(ticket.of.group_id, id).second)
      << "group " << Print(ticket.of.group_id) << " has two tickets";
  ticket.state = TicketState::kIssued;
  const bool is_new =
      open_.emplace(id, Entry{.ticket = std::move(ticket), .since = now_})
          .second;
  MDRL_CHECK(is_new) << "ticket " << id.number << " was issued before";
  ++counts_[id.purpose].issued;
  waiting_.insert(id);
  Tell(open_.at(id).ticket);
}

void LeaseTable::Replace(const TicketId& id, const Occurrence& of,
                         const std::string& task) {
  const auto found = open_.find(id);
  MDRL_CHECK(found != open_.end() && found->second.vacant.has_value())
      << "ticket " << id.number << " does not wait for a prompt";
  Entry& entry = found->second;
  dropped_groups_[entry.ticket.of.group_id] = *entry.vacant;
  by_group_.erase(entry.ticket.of.group_id);
  Ticket ticket = entry.ticket;
  ticket.of = of;
  ticket.task = task;
  ticket.attempts = 0;
  entry = Entry{.ticket = std::move(ticket), .since = now_};
  MDRL_CHECK(by_group_.emplace(of.group_id, id).second)
      << "group " << Print(of.group_id) << " has two tickets";
  waiting_.insert(id);
}

std::vector<TicketId> LeaseTable::Vacant() const {
  std::vector<TicketId> vacant;
  for (const auto& [id, entry] : open_) {
    if (entry.vacant.has_value()) vacant.push_back(id);
  }
  return vacant;
}

Endings LeaseTable::Vacate(const TicketId& id, Reason why) {
  Endings endings;
  const auto found = open_.find(id);
  if (found == open_.end() || found->second.vacant.has_value()) return endings;
  Entry& entry = found->second;
  if (entry.ticket.state != TicketState::kIssued &&
      entry.ticket.state != TicketState::kLeased) {
    return endings;
  }
  if (entry.holder.has_value()) {
    endings.leases.push_back(
        {.key = {entry.ticket.of.group_id, entry.ticket.attempts},
         .ticket = id,
         .slot = entry.holder->slot,
         .why = why,
         .detail = "",
         .open_in_ledger = entry.holder->open_in_ledger});
    LetGo(entry);
  }
  waiting_.erase(id);
  entry.ticket.state = TicketState::kIssued;
  entry.vacant = why;
  entry.last_end = why;
  entry.since = now_;
  return endings;
}

void LeaseTable::SetNewest(Version newest) {
  MDRL_CHECK(newest >= newest_.value_or(0)) << "versions never decrease";
  newest_ = newest;
}

void LeaseTable::BeginRound(uint64_t round) {
  const uint64_t first = round * options_.groups_per_round;
  for (uint64_t n = first; n < first + options_.groups_per_round; ++n) {
    const auto found = open_.find({Purpose::kTrain, n});
    MDRL_CHECK(found != open_.end() &&
               found->second.ticket.state == TicketState::kSubmitted)
        << "round " << round << " begins without ticket " << n;
    found->second.ticket.state = TicketState::kInRound;
    found->second.since = now_;
  }
}

void LeaseTable::FinishRound(uint64_t round) {
  const uint64_t first = round * options_.groups_per_round;
  for (uint64_t n = first; n < first + options_.groups_per_round; ++n) {
    const auto found = open_.find({Purpose::kTrain, n});
    MDRL_CHECK(found != open_.end() &&
               found->second.ticket.state == TicketState::kInRound)
        << "round " << round << " ends without ticket " << n;
    EraseClosed(found, TicketState::kTrained);
  }
}

void LeaseTable::Finish(const TicketId& id) {
  const auto found = open_.find(id);
  MDRL_CHECK(found != open_.end() &&
             found->second.ticket.state == TicketState::kSubmitted)
      << "ticket " << id.number << " has no group to take in";
  EraseClosed(found, TicketState::kAnswered);
}

Endings LeaseTable::Drop(const TicketId& id, Reason reason) {
  Endings endings;
  const auto found = open_.find(id);
  if (found == open_.end()) return endings;
  Entry& entry = found->second;
  if (entry.holder.has_value()) {
    endings.leases.push_back(
        {.key = {entry.ticket.of.group_id, entry.ticket.attempts},
         .ticket = id,
         .slot = entry.holder->slot,
         .why = reason,
         .detail = "",
         .open_in_ledger = entry.holder->open_in_ledger});
    LetGo(entry);
  }
  waiting_.erase(id);
  entry.ticket.dropped = reason;
  EraseClosed(found, TicketState::kDropped);
  return endings;
}

void LeaseTable::EraseClosed(Entries::iterator entry, TicketState state) {
  Ticket& ticket = entry->second.ticket;
  ticket.state = state;
  Counts& counts = counts_[ticket.id.purpose];
  if (state == TicketState::kDropped) {
    ++counts.dropped[ticket.dropped];
    dropped_groups_[ticket.of.group_id] = ticket.dropped;
  } else {
    ++counts.trained;
  }
  by_group_.erase(ticket.of.group_id);
  Tell(ticket);
  open_.erase(entry);
}

LeaseTable::Return LeaseTable::GiveBack(
    const RegistrationId& registration,
    const ReturnLeaseRequest::Returned& returned) {
  Return result;
  Entry* entry = OpenEntry(returned.key.group_id);
  if (entry == nullptr || !entry->holder.has_value() ||
      entry->ticket.attempts != returned.key.attempt ||
      entry->holder->registration != registration) {
    return result;
  }
  result.known = true;
  End(*entry, returned.reason, returned.detail, result.endings);
  result.endings.leases.back().given_back = true;
  return result;
}

void LeaseTable::End(Entry& entry, Reason why, std::string detail,
                     Endings& endings) {
  const uint32_t slot = entry.holder->slot;
  endings.leases.push_back(
      {.key = {entry.ticket.of.group_id, entry.ticket.attempts},
       .ticket = entry.ticket.id,
       .slot = slot,
       .why = why,
       .detail = std::move(detail),
       .open_in_ledger = entry.holder->open_in_ledger});
  LetGo(entry);
  entry.ticket.state = TicketState::kIssued;
  entry.since = now_;
  entry.last_end = why;
  if (why == Reason::kWorkerLost) entry.suspect = true;
  if (!IsPoison(entry, why, slot)) {
    waiting_.insert(entry.ticket.id);
    return;
  }
  endings.poisoned.push_back(
      {.ticket = entry.ticket.id, .of = entry.ticket.of, .why = why});
  if (entry.ticket.id.purpose == Purpose::kTrain) {
    // The place in the round stays: another prompt comes into it.
    entry.vacant = Reason::kPromptPoison;
    return;
  }
  entry.ticket.dropped = Reason::kPromptPoison;
  EraseClosed(open_.find(entry.ticket.id), TicketState::kDropped);
}

bool LeaseTable::IsPoison(Entry& entry, Reason why, uint32_t slot) const {
  if (IsBlamed(why)) ++entry.blamed_attempts;
  if (IsTypedFailure(why)) {
    std::set<uint32_t>& slots = entry.failed_on[why];
    slots.insert(slot);
    if (slots.size() >= options_.quarantine_after) return true;
  }
  return entry.blamed_attempts >= options_.max_attempts;
}

LeaseTable::Entry* LeaseTable::OpenEntry(const GroupId& group_id) {
  const auto found = by_group_.find(group_id);
  return found == by_group_.end() ? nullptr : &open_.at(found->second);
}

const LeaseTable::Entry* LeaseTable::OpenEntry(const GroupId& group_id) const {
  const auto found = by_group_.find(group_id);
  return found == by_group_.end() ? nullptr : &open_.at(found->second);
}

const Ticket* LeaseTable::Find(const TicketId& id) const {
  const auto found = open_.find(id);
  return found == open_.end() ? nullptr : &found->second.ticket;
}

const Ticket* LeaseTable::Find(const GroupId& group_id) const {
  const Entry* entry = OpenEntry(group_id);
  return entry == nullptr ? nullptr : &entry->ticket;
}

uint64_t LeaseTable::waiting(Purpose purpose) const {
  return std::count_if(
      waiting_.begin(), waiting_.end(),
      [purpose](const TicketId& id) { return id.purpose == purpose; });
}

uint64_t LeaseTable::open_limit(uint64_t capacity) const {
  const uint64_t rounds = options_.groups_per_round;
  // One round in training, one filling, and what the workers hold.
  return std::min((options_.max_staleness + 1) * rounds, 2 * rounds + capacity);
}

LeaseTable::Counts LeaseTable::counts(Purpose purpose) const {
  const auto found = counts_.find(purpose);
  Counts counts = found == counts_.end() ? Counts{} : found->second;
  for (auto it = open_.lower_bound({purpose, 0});
       it != open_.end() && it->first.purpose == purpose; ++it) {
    ++counts.open[it->second.ticket.state];
  }
  return counts;
}

uint64_t LeaseTable::Counts::open_total() const {
  uint64_t total = 0;
  for (const auto& [state, count] : open) total += count;
  return total;
}

uint64_t LeaseTable::Counts::dropped_total() const {
  uint64_t total = 0;
  for (const auto& [reason, count] : dropped) total += count;
  return total;
}

void LeaseTable::Recover(Purpose purpose, uint64_t next, Counts counts,
                         std::vector<RecoveredTicket> open, absl::Time now) {
  now_ = now;
  if (purpose == Purpose::kTrain) next_training_ = next;
  counts.open.clear();
  counts_[purpose] = std::move(counts);
  for (RecoveredTicket& recovered : open) {
    const TicketId id = recovered.ticket.id;
    const GroupId group = recovered.ticket.of.group_id;
    by_group_[group] = id;
    Entry& entry = open_[id];
    entry.ticket = std::move(recovered.ticket);
    entry.since = now;
    switch (entry.ticket.state) {
      case TicketState::kLeased:
        Hold(entry, {.registration = {},
                     .slot = recovered.slot,
                     .call = 0,
                     .granted = now,
                     .expires = now + options_.lease_for,
                     .moved = now});
        break;
      case TicketState::kSubmitted:
      case TicketState::kInRound:
        // Whatever had begun with it begins again.
        entry.ticket.state = TicketState::kSubmitted;
        accepted_[group] = {
            .attempt = recovered.accepted_attempt,
            .content_sha256 = recovered.content_sha256,
            .version_min = entry.ticket.exact_version.value_or(0),
            .version_max = entry.ticket.exact_version.value_or(0)};
        break;
      default:
        entry.ticket.state = TicketState::kIssued;
        if (recovered.vacant) {
          entry.vacant = Reason::kPromptPoison;
        } else {
          waiting_.insert(id);
        }
    }
  }
}

}  // namespace mdrl
