// What people asked to have decoded and wait for: nothing of it is journalled,
// a restart forgets it.
//
// Not thread-safe: the desk owns it under its lock.
#ifndef MDRL_SERVICES_LEARNER_DESK_GENERATION_BOOK_H_
#define MDRL_SERVICES_LEARNER_DESK_GENERATION_BOOK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/lease.h"
#include "services/learner/desk/desk_calls.h"
#include "services/learner/ledger/reader.h"

namespace mdrl {

class GenerationBook {
 public:
  struct Generation {
    RequestId request_id;
    StoredPrompt prompt;
    DecodeSettings decode;
    uint32_t group_size = 1;
    uint64_t philox_key = 0;
    PolicyRef policy;  // pinned until it is answered
    bool keep_text_after_eos = false;
    absl::Time until;
    std::vector<Answer<GenerateReply>> answers;
  };

  size_t size() const { return open_.size(); }
  void Open(uint64_t ticket, Generation generation) {
    open_.emplace(ticket, std::move(generation));
  }
  // Null if the ticket is of none that waits.
  const Generation* Find(uint64_t ticket) const {
    const auto found = open_.find(ticket);
    return found == open_.end() ? nullptr : &found->second;
  }
  // The same request again; null if it is new or has no id.
  Generation* FindRequest(const RequestId& id) {
    if (id.IsZero()) return nullptr;
    for (auto& [ticket, generation] : open_) {
      if (generation.request_id == id) return &generation;
    }
    return nullptr;
  }
  // Forgets it.
  std::optional<Generation> Take(uint64_t ticket) {
    const auto found = open_.find(ticket);
    if (found == open_.end()) return std::nullopt;
    std::optional<Generation> taken = std::move(found->second);
    open_.erase(found);
    return taken;
  }
  // Tickets that waited until `now`; all of them at InfiniteFuture.
  std::vector<uint64_t> Overdue(absl::Time now) const {
    std::vector<uint64_t> overdue;
    for (const auto& [ticket, generation] : open_) {
      if (generation.until <= now) overdue.push_back(ticket);
    }
    return overdue;
  }

 private:
  std::map<uint64_t, Generation> open_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DESK_GENERATION_BOOK_H_
