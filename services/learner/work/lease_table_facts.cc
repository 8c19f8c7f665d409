// What the table tells those who ask what is waited for.

#include <algorithm>
#include <vector>

#include "services/learner/work/lease_table.h"

namespace mdrl {

std::vector<TicketFacts> LeaseTable::Facts(absl::Time now) const {
  std::vector<TicketFacts> all;
  all.reserve(open_.size());
  for (const auto& [id, entry] : open_) {
    TicketFacts facts;
    facts.id = id;
    facts.group_id = entry.ticket.of.group_id;
    facts.set_sha256 = entry.ticket.of.set_sha256;
    facts.index = entry.ticket.of.index;
    facts.task = entry.ticket.task;
    facts.state = entry.ticket.state;
    facts.attempts = entry.ticket.attempts;
    facts.vacant = entry.vacant.has_value();
    facts.state_for = now - entry.since;
    facts.last_end = entry.last_end;
    if (entry.holder.has_value()) {
      const Holder& holder = *entry.holder;
      facts.holder = TicketFacts::Holder{
          .slot = holder.slot,
          .held_for = now - holder.granted,
          .phase = holder.phase,
          .phase_for = now - holder.phase_since,
          .progress = holder.progress,
          .progress_total = holder.progress_total,
          .waits_for = holder.waits_for,
          .moved_ago = now - holder.moved,
          .expires_in = holder.expires - now,
          .deadline_in = holder.granted + options_.group_deadline - now};
    }
    all.push_back(std::move(facts));
  }
  return all;
}

absl::Duration LeaseTable::UsualGroup() const {
  if (group_times_.empty()) return absl::ZeroDuration();
  std::vector<absl::Duration> times(group_times_.begin(), group_times_.end());
  const auto middle = times.begin() + times.size() / 2;
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

}  // namespace mdrl
