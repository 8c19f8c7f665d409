#include "services/learner/desk/journal.h"

#include "common/base/log.h"

namespace mdrl {

void Journal::Flush() {
  if (under_way_ || refused_) return;
  if (next_.rows.empty()) {
    // Nothing to write: whoever waits, waits for what is durable already.
    if (next_then_.empty()) return;
    next_.Add(EventNoted{.kind = "barrier", .subject = "", .body = ""});
  }
  current_ = std::exchange(next_, {});
  current_then_ = std::exchange(next_then_, {});
  Send();
}

void Journal::Send() {
  // A copy goes: if the disk refuses, the same rows are sent again.
  const absl::Status queued = ledger_.Enqueue(current_, committed_);
  under_way_ = queued.ok();
  refused_ = !queued.ok();
}

absl::StatusOr<std::vector<Journal::Then>> Journal::Committed(
    const absl::StatusOr<uint64_t>& seq) {
  MDRL_CHECK(under_way_) << "an answer without a write";
  under_way_ = false;
  if (!seq.ok()) {
    refused_ = true;
    if (!absl::IsUnavailable(seq.status())) return seq.status();
    return std::vector<Then>{};
  }
  seq_ = *seq;
  current_ = {};
  return std::exchange(current_then_, {});
}

void Journal::Retry() {
  if (!refused_ || current_.rows.empty()) return;
  refused_ = false;
  Send();
}

std::vector<Journal::Then> Journal::Abandon() {
  MDRL_CHECK(!under_way_) << "a write is under way";
  std::vector<Then> waiting = std::exchange(current_then_, {});
  for (Then& then : next_then_) waiting.push_back(std::move(then));
  next_then_.clear();
  current_ = {};
  next_ = {};
  refused_ = true;
  return waiting;
}

}  // namespace mdrl
