#include "services/learner/work/loop_phase.h"

#include <algorithm>
#include <utility>

namespace mdrl {
namespace {

// Of each phase: enough for a 99th percentile that is its maximum.
constexpr size_t kStays = 100;

}  // namespace

std::string_view LoopPhaseName(LoopPhase phase) {
  switch (phase) {
    case LoopPhase::kStarting:
      return "starting";
    case LoopPhase::kSupervised:
      return "supervised";
    case LoopPhase::kReplaying:
      return "replaying";
    case LoopPhase::kWaitGroups:
      return "wait_groups";
    case LoopPhase::kTraining:
      return "training";
    case LoopPhase::kPublishing:
      return "publishing";
    case LoopPhase::kEvaluating:
      return "evaluating";
    case LoopPhase::kCheckpointing:
      return "checkpointing";
    case LoopPhase::kFinished:
      return "finished";
  }
  return "unknown";
}

void LoopPhases::Enter(LoopPhase phase, std::string detail, absl::Time now) {
  if (since_ != absl::InfinitePast()) {
    totals_[phase_] += now - since_;
    std::deque<absl::Duration>& stays = stays_[phase_];
    stays.push_back(now - since_);
    if (stays.size() > kStays) stays.pop_front();
  }
  phase_ = phase;
  detail_ = std::move(detail);
  since_ = now;
}

std::map<LoopPhase, absl::Duration> LoopPhases::Totals(absl::Time now) const {
  std::map<LoopPhase, absl::Duration> totals = totals_;
  if (since_ != absl::InfinitePast()) totals[phase_] += now - since_;
  return totals;
}

std::map<LoopPhase, absl::Duration> LoopPhases::TakeLap(absl::Time now) {
  std::map<LoopPhase, absl::Duration> totals = Totals(now);
  std::map<LoopPhase, absl::Duration> lap = totals;
  for (const auto& [phase, before] : lap_) lap[phase] -= before;
  lap_ = std::move(totals);
  std::erase_if(lap, [](const auto& part) {
    return part.second <= absl::ZeroDuration();
  });
  return lap;
}

absl::Duration LoopPhases::LongestStay(LoopPhase phase) const {
  const auto stays = stays_.find(phase);
  if (stays == stays_.end() || stays->second.empty()) {
    return absl::ZeroDuration();
  }
  return *std::max_element(stays->second.begin(), stays->second.end());
}

}  // namespace mdrl
