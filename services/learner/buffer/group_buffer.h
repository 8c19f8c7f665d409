// Scored groups wait here until a whole round of them is together.
//
// Order fixed_lag: round t is exactly the tickets [t*B, (t+1)*B), in ticket
// order, whenever they arrive. It has as many places as there are tickets, so
// a group always finds room.
//
// Thread-safe. TakeRound is the only call that blocks; Close() wakes it.
#ifndef MDRL_SERVICES_LEARNER_BUFFER_GROUP_BUFFER_H_
#define MDRL_SERVICES_LEARNER_BUFFER_GROUP_BUFFER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/record/group.h"
#include "common/record/prompt.h"
#include "common/sync/mutex.h"

namespace mdrl {

// A group that the ledger holds, with what training needs beside it.
struct ScoredGroup {
  Group group;
  Digest content_sha256;
  Prompt prompt;
  std::vector<int32_t> prompt_tokens;
  uint64_t philox_key = 0;  // of the group: streams 2, 3 and 4
};

// What one round trains. Only the buffer makes one.
struct RoundGroups {
  uint64_t round = 0;
  std::vector<ScoredGroup> groups;  // B, in ticket order
};

class GroupBuffer {
 public:
  // `groups_per_round` is B, `max_staleness` k; the first round taken will be
  // `next_round`. REQUIRES: groups_per_round > 0.
  GroupBuffer(uint64_t groups_per_round, uint64_t max_staleness,
              uint64_t next_round)
      : groups_per_round_(groups_per_round),
        max_staleness_(max_staleness),
        next_round_(next_round) {}
  ~GroupBuffer() { Close(); }

  // REQUIRES: a training ticket of a round not yet taken, not there already.
  void Put(ScoredGroup group) MDRL_EXCLUDES(mutex_);

  // Blocks until the next round is complete and takes it. Cancelled once
  // closed; OutOfRange once EndAt's round is reached: the run ends well.
  absl::StatusOr<RoundGroups> TakeRound() MDRL_EXCLUDES(mutex_);

  // Rounds from `round` on will never fill. Takes the smallest ever given.
  void EndAt(uint64_t round) MDRL_EXCLUDES(mutex_);

  // Wakes TakeRound with Cancelled, for good. May be repeated.
  void Close() MDRL_EXCLUDES(mutex_);

  uint64_t next_round() const MDRL_EXCLUDES(mutex_);
  // Groups waiting, of the next round and of all.
  uint64_t ready_for_next() const MDRL_EXCLUDES(mutex_);
  uint64_t size() const MDRL_EXCLUDES(mutex_);

 private:
  uint64_t ReadyLocked() const MDRL_REQUIRES(mutex_);

  const uint64_t groups_per_round_;
  const uint64_t max_staleness_;
  mutable Mutex mutex_;
  Condition changed_;
  bool closed_ MDRL_GUARDED_BY(mutex_) = false;
  std::optional<uint64_t> end_ MDRL_GUARDED_BY(mutex_);
  uint64_t next_round_ MDRL_GUARDED_BY(mutex_);
  std::map<uint64_t, ScoredGroup> groups_ MDRL_GUARDED_BY(mutex_);  // by ticket
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_BUFFER_GROUP_BUFFER_H_
