#include "services/learner/explain/watchdog.h"

#include "services/learner/explain/explain.h"

namespace mdrl {

Watchdog::Act Watchdog::Observe(const Progress& progress,
                                const FindingChain& chain, absl::Time now) {
  if (progress != progress_) {
    progress_ = progress;
    since_ = now;
    alarm_since_ = now;
    recorded_.reset();
    alarmed_ = false;
    return Act::kNothing;
  }
  const Reason reason = chain.back().reason;
  if (IsIntended(reason)) {
    // The clock of the alarm starts when the intention ends.
    alarm_since_ = now;
    alarmed_ = false;
  }
  if (!alarmed_ && now - alarm_since_ >= options_.alarm_after) {
    alarmed_ = true;
    recorded_ = reason;
    return Act::kAlarm;
  }
  if (now - since_ >= options_.explain_after && recorded_ != reason) {
    recorded_ = reason;
    return Act::kRecord;
  }
  return Act::kNothing;
}

}  // namespace mdrl
