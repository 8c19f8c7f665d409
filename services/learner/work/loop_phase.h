// What the learner's loop is doing, since when, and what its time went into.
//
// Not thread-safe; the desk owns it under its lock. The loop says when it
// enters a phase; a phase lasts until the next one.
#ifndef MDRL_SERVICES_LEARNER_WORK_LOOP_PHASE_H_
#define MDRL_SERVICES_LEARNER_WORK_LOOP_PHASE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace mdrl {

enum class LoopPhase : uint32_t {
  kStarting,       // nothing is published yet
  kSupervised,     // stages before round 0
  kReplaying,      // recorded rounds are trained again
  kWaitGroups,     // for a complete round
  kTraining,       // the steps of a round
  kPublishing,     // the new version and what follows from it
  kEvaluating,     // waits for an evaluation at the end
  kCheckpointing,  // copies and writes a checkpoint
  kFinished,
};
// "wait_groups".
std::string_view LoopPhaseName(LoopPhase phase);

class LoopPhases {
 public:
  // `detail` completes a sentence: "round 3 of 7".
  void Enter(LoopPhase phase, std::string detail, absl::Time now);

  LoopPhase phase() const { return phase_; }
  const std::string& detail() const { return detail_; }
  // The epoch's beginning before the first Enter.
  absl::Time since() const { return since_; }
  // By phase, the present one included.
  std::map<LoopPhase, absl::Duration> Totals(absl::Time now) const;
  // Totals since the last call.
  std::map<LoopPhase, absl::Duration> TakeLap(absl::Time now);
  // The longest of the last stays in `phase`; zero if there was none.
  absl::Duration LongestStay(LoopPhase phase) const;

 private:
  LoopPhase phase_ = LoopPhase::kStarting;
  std::string detail_;
  absl::Time since_ = absl::InfinitePast();
  std::map<LoopPhase, absl::Duration> totals_;
  std::map<LoopPhase, absl::Duration> lap_;  // totals at the last TakeLap
  std::map<LoopPhase, std::deque<absl::Duration>> stays_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_WORK_LOOP_PHASE_H_
