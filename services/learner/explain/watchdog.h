// Notices that a run makes no progress, and says so: once as a record, and
// later, unconditionally, as an alarm.
//
// Progress is groups committed and steps completed, whatever is in flight.
// Waiting by intention (no prompts, paused, finished) is recorded, never
// alarmed. A pure state machine: every call says what time it is. Not
// thread-safe.
#ifndef MDRL_SERVICES_LEARNER_EXPLAIN_WATCHDOG_H_
#define MDRL_SERVICES_LEARNER_EXPLAIN_WATCHDOG_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "common/record/reason.h"
#include "services/learner/explain/finding.h"

namespace mdrl {

class Watchdog {
 public:
  struct Options {
    absl::Duration explain_after = absl::Seconds(30);
    absl::Duration alarm_after = absl::Seconds(900);
  };
  struct Progress {
    uint64_t groups = 0;  // committed
    uint64_t steps = 0;   // completed
    friend bool operator==(const Progress&, const Progress&) = default;
  };
  enum class Act { kNothing, kRecord, kAlarm };

  Watchdog(Options options, absl::Time now)
      : options_(options), since_(now), alarm_since_(now) {}

  // What to do now. The same reason is recorded once per standstill; a reason
  // that changes is recorded again; there is one alarm per standstill.
  Act Observe(const Progress& progress, const FindingChain& chain,
              absl::Time now);

  // How long there was no progress.
  absl::Duration StandstillAt(absl::Time now) const { return now - since_; }

 private:
  const Options options_;
  Progress progress_;
  absl::Time since_;        // of the last progress
  absl::Time alarm_since_;  // of the last progress or intended wait
  std::optional<Reason> recorded_;
  bool alarmed_ = false;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_EXPLAIN_WATCHDOG_H_
