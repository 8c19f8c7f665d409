#include "services/learner/buffer/group_buffer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"

namespace mdrl {

void GroupBuffer::Put(ScoredGroup group) {
  {
    MutexLock lock(mutex_);
    const uint64_t ticket = group.group.ticket;
    MDRL_CHECK(ticket / groups_per_round_ >= next_round_)
        << "ticket " << ticket << " comes after its round";
    const bool is_new = groups_.emplace(ticket, std::move(group)).second;
    MDRL_CHECK(is_new) << "ticket " << ticket << " has two groups";
  }
  changed_.NotifyAll();
}

absl::StatusOr<RoundGroups> GroupBuffer::TakeRound() {
  MutexLock lock(mutex_);
  while (!closed_ && ReadyLocked() < groups_per_round_ &&
         next_round_ < end_.value_or(next_round_ + 1)) {
    changed_.Wait(mutex_);
  }
  if (closed_) return absl::CancelledError("the learner is stopping");
  if (next_round_ >= end_.value_or(next_round_ + 1)) {
    return absl::OutOfRangeError(
        absl::StrCat("the run ends before round ", next_round_));
  }
  // The third check of staleness, in the critical section that advances t.
  RoundGroups round{.round = next_round_, .groups = {}};
  for (uint64_t n = 0; n < groups_per_round_; ++n) {
    auto node = groups_.extract(next_round_ * groups_per_round_ + n);
    for (const Completion& completion : node.mapped().group.completions) {
      for (const VersionSpan& span : completion.versions) {
        MDRL_CHECK(span.version <= next_round_ &&
                   next_round_ - span.version <= max_staleness_)
            << "round " << next_round_ << " would train version "
            << span.version;
      }
    }
    round.groups.push_back(std::move(node.mapped()));
  }
  ++next_round_;
  return round;
}

void GroupBuffer::EndAt(uint64_t round) {
  {
    MutexLock lock(mutex_);
    end_ = std::min(end_.value_or(round), round);
  }
  changed_.NotifyAll();
}

void GroupBuffer::Close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.NotifyAll();
}

uint64_t GroupBuffer::next_round() const {
  MutexLock lock(mutex_);
  return next_round_;
}

uint64_t GroupBuffer::ready_for_next() const {
  MutexLock lock(mutex_);
  return ReadyLocked();
}

uint64_t GroupBuffer::size() const {
  MutexLock lock(mutex_);
  return groups_.size();
}

uint64_t GroupBuffer::ReadyLocked() const {
  const auto end = groups_.lower_bound((next_round_ + 1) * groups_per_round_);
  return std::distance(groups_.begin(), end);
}

}  // namespace mdrl
