// Everything that Explain may look at: a picture of the run at one moment.
//
// Plain values, taken by the front desk from memory under its lock, so that a
// question is answered while the ledger, a step or a worker hangs.
#ifndef MDRL_SERVICES_LEARNER_EXPLAIN_RUN_FACTS_H_
#define MDRL_SERVICES_LEARNER_EXPLAIN_RUN_FACTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/reason.h"
#include "common/record/rollout_calls.h"
#include "common/record/ticket.h"
#include "services/learner/work/loop_phase.h"
#include "services/learner/work/ticket_facts.h"
#include "services/learner/work/worker_table.h"

namespace mdrl {

// Times are ages: how long before the moment of the picture.
struct WorkerFacts {
  uint32_t slot = 0;
  std::string name;
  WorkerState state = WorkerState::kWarming;
  absl::Duration heard_ago;
  absl::Duration registered_ago;
  uint32_t capacity = 0;
  uint32_t leases = 0;
  std::vector<RegisterRequest::Scorer> scorers;
  std::vector<RenewRequest::Staging> staging;

  bool CanScore(const std::string& task, const std::string& rubric) const;
};

struct RefusedFacts {
  std::string name;
  std::string text;
  absl::Duration ago;
};

struct SetFacts {
  Digest sha256;
  std::string name;
  std::string task;
  PromptSetState state = PromptSetState::kActive;
  uint64_t count = 0;
  uint64_t over_length = 0;
  std::vector<uint64_t> quarantined = {};
  uint64_t issued = 0;
  uint64_t trained = 0;
};

struct RunFacts {
  // The run as a whole.
  std::string failure;            // not empty: the learner has failed
  std::optional<Reason> stopped;  // FINISHED or DRAINING
  bool draining = false;
  bool paused = false;
  std::string paused_why;
  absl::Duration paused_for;
  LoopPhase phase = LoopPhase::kStarting;
  std::string phase_detail;
  absl::Duration phase_for;
  absl::Duration phase_longest;  // of earlier stays; zero: there was none
  // Why the ledger does not write, and since when; kUnspecified: it does.
  Reason ledger = Reason::kUnspecified;
  absl::Duration ledger_for;
  uint64_t seq = 0;

  // The round that is filled or trained.
  bool any_version = false;
  uint64_t round = 0;
  uint64_t groups_per_round = 1;
  uint64_t groups_ready = 0;
  bool can_draw = false;  // some active set has a prompt to give
  // How long a group usually takes from its grant on; zero: not known yet.
  absl::Duration usual_group;

  std::vector<TicketFacts> tickets;  // open ones, by purpose and number
  std::vector<WorkerFacts> workers;  // by slot
  std::vector<RefusedFacts> refused;
  std::vector<SetFacts> sets;  // in the order of submission
  absl::Duration no_ready_worker_for;

  // Times by which things act by themselves.
  absl::Duration lease_for;
  absl::Duration stall;
  absl::Duration warmup;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_EXPLAIN_RUN_FACTS_H_
