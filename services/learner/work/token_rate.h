// Tokens per second over the last half minute, by worker slot.
//
// Not thread-safe; the desk owns it under its lock. Every call says what time
// it is, and times never go back.
#ifndef MDRL_SERVICES_LEARNER_WORK_TOKEN_RATE_H_
#define MDRL_SERVICES_LEARNER_WORK_TOKEN_RATE_H_

#include <cstdint>
#include <deque>
#include <map>

#include "absl/time/time.h"

namespace mdrl {

class TokenRate {
 public:
  // `tokens` were accepted from the worker in `slot`.
  void Add(uint32_t slot, uint64_t tokens, absl::Time now);
  // 0 for a slot that brought nothing lately.
  double PerSecond(uint32_t slot, absl::Time now) const;
  double PerSecond(absl::Time now) const;  // of all slots

 private:
  struct Arrival {
    absl::Time time;
    uint64_t tokens = 0;
  };
  struct Slot {
    absl::Time since;  // the first arrival after a pause
    std::deque<Arrival> arrivals;
  };

  static double RateOf(const Slot& slot, absl::Time now);

  std::map<uint32_t, Slot> slots_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_WORK_TOKEN_RATE_H_
