// Which prompt sets there are, and the order in which their prompts become
// work. The prompts themselves are in the ledger: a set of a million costs a
// bit per prompt here, and four bytes while it is drawn from.
//
// The order of each pass through a set is a permutation from Philox stream 1,
// so it depends on the run's seed, the set and the pass alone. Which set gives
// the prompt of draw n is a pure function of n and the active sets: several
// sets are mixed by weight without any state that a restart could lose.
//
// Not thread-safe; the desk owns it under its lock.
#ifndef MDRL_SERVICES_LEARNER_WORK_PROMPT_SET_H_
#define MDRL_SERVICES_LEARNER_WORK_PROMPT_SET_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/record/prompt.h"
#include "common/record/ticket.h"
#include "services/learner/work/ticket.h"

namespace mdrl {

// Where a set's order stands: everything before it was drawn.
struct PromptCursor {
  uint64_t pass = 0;
  uint64_t position = 0;  // in the pass's permutation
  friend bool operator==(const PromptCursor&, const PromptCursor&) = default;
};

struct PromptSet {
  Digest sha256;
  std::string name;
  std::string task;
  PromptSetState state = PromptSetState::kActive;
  // Share in the mix; absent: as many as it has prompts, so that every prompt
  // comes equally often.
  std::optional<double> weight;
  PromptCursor cursor;
  uint64_t issued = 0;
  uint64_t trained = 0;
  uint64_t count = 0;  // of prompts
  // By index, empty where none is: counted, never issued.
  std::vector<bool> over_length = {};
  uint64_t over_length_count = 0;
  // Issued before, but never again; none is over-long.
  std::set<uint64_t> quarantined = {};

  void MarkOverLength(uint64_t index);
  bool MayIssue(uint64_t index) const {
    return (over_length.empty() || !over_length[index]) &&
           !quarantined.contains(index);
  }
  // How many prompts may be issued.
  uint64_t left() const {
    return count - over_length_count - quarantined.size();
  }
};

class PromptLibrary {
 public:
  struct Options {
    uint64_t seed = 0;
    bool shuffled = true;  // else in the order of submission
  };
  explicit PromptLibrary(Options options) : options_(options) {}

  // Takes a set in; the order of calls is the order of the mix. AlreadyExists
  // if its name or content is known.
  absl::Status Add(PromptSet set);

  const PromptSet* Find(const Digest& sha256) const;
  const PromptSet* FindByName(std::string_view name) const;
  // In the order of submission.
  const std::vector<std::unique_ptr<PromptSet>>& sets() const { return sets_; }
  // The prompt of draw `n` (the ticket's number), and moves its set's cursor;
  // nullopt if no active set has a prompt that may be issued.
  std::optional<Occurrence> Draw(uint64_t n);
  bool CanDraw() const;

  // The indices that an evaluation of the set uses, at most `limit` (0: all).
  std::vector<uint64_t> EvaluationIndices(const Digest& sha256,
                                          uint64_t limit) const;

  // Never issues the prompt again, until the quarantine is lifted.
  // REQUIRES: known.
  void Quarantine(const Digest& sha256, uint64_t index);
  void LiftQuarantine(const Digest& sha256, uint64_t index);
  void SetState(const Digest& sha256, PromptSetState state);
  void CountTrained(const Digest& sha256);

 private:
  struct Order {
    uint64_t pass = 0;
    std::vector<int32_t> permutation;
  };

  PromptSet* Mutable(const Digest& sha256);
  // Whether some prompt of it may be issued for training.
  static bool Gives(const PromptSet& set);
  const std::vector<int32_t>& OrderOf(const PromptSet& set);

  const Options options_;
  std::vector<std::unique_ptr<PromptSet>> sets_;
  std::map<Digest, PromptSet*> by_hash_;
  std::map<Digest, Order> orders_;  // of the pass last drawn from
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_WORK_PROMPT_SET_H_
