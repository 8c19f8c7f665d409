// Evaluations under way: which tickets they wait for, and their sums.
//
// Not thread-safe: the desk owns it under its lock.
#ifndef MDRL_SERVICES_LEARNER_DESK_EVALUATION_BOOK_H_
#define MDRL_SERVICES_LEARNER_DESK_EVALUATION_BOOK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/group.h"
#include "services/learner/desk/desk_calls.h"

namespace mdrl {

class EvaluationBook {
 public:
  // What a ticket of an evaluation decodes.
  struct Part {
    EvaluationId evaluation;
    size_t row = 0;
    uint64_t place = 0;  // in its row
  };
  struct Waiter {
    Answer<EvaluationView> answer;
    absl::Time until;
  };

  // Opens an evaluation; `view` has its rows with total filled in.
  void Open(EvaluationView view, uint32_t group_size, absl::Time now);
  // Adds a ticket to a row. REQUIRES: the evaluation is open.
  void AddTicket(uint64_t ticket, Part part);

  // Null if unknown.
  const EvaluationView* Find(const EvaluationId& id) const;
  // Null if the ticket is of no open evaluation.
  const Part* PartOf(uint64_t ticket) const;
  uint32_t GroupSize(const EvaluationId& id) const;
  // Tickets not finished yet.
  std::vector<uint64_t> OpenTickets(const EvaluationId& id) const;
  size_t open() const;

  // Adds a group to its row; true if the evaluation is done with it.
  bool Take(uint64_t ticket, const Group& group, const Prompt& prompt,
            absl::Time now);
  // A ticket that will bring no group counts as service errors; true if the
  // evaluation is done with it.
  bool TakeDropped(uint64_t ticket, absl::Time now);
  void Cancel(const EvaluationId& id, absl::Time now);

  void Park(const EvaluationId& id, Waiter waiter);
  // Waiters of an evaluation that is over, of any that waited until `now`,
  // or all.
  using Woken = std::vector<std::pair<Answer<EvaluationView>, EvaluationView>>;
  Woken TakeWaiters(const EvaluationId& id);
  Woken TakeOverdue(absl::Time now);
  Woken TakeAllWaiters();

 private:
  struct Row {
    double reward_sum = 0.0;
    double reward_square_sum = 0.0;
    uint64_t rewarded = 0;
    uint64_t token_sum = 0;
    uint64_t decoded = 0;
    std::map<uint64_t, EvaluationExample> examples;  // by place
  };
  struct Evaluation {
    EvaluationView view;
    std::vector<Row> rows;
    std::set<uint64_t> tickets;
    uint32_t group_size = 1;
    absl::Time began;
    std::vector<Waiter> waiters;
  };

  bool Close(Evaluation& evaluation, uint64_t ticket, absl::Time now);

  std::map<EvaluationId, Evaluation> evaluations_;
  std::map<uint64_t, Part> parts_;  // of open tickets
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DESK_EVALUATION_BOOK_H_
