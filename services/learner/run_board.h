// What the loop knows and the doors tell: step, chain, newest checkpoint.
//
// Thread-safe; written by the loop, read by whoever asks for the status.
#ifndef MDRL_SERVICES_LEARNER_RUN_BOARD_H_
#define MDRL_SERVICES_LEARNER_RUN_BOARD_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/snapshot.h"
#include "common/sync/mutex.h"

namespace mdrl {

class RunBoard {
 public:
  struct Checkpoint {
    std::string name;  // empty: none yet
    uint64_t step = 0;
    uint64_t round = 0;
    Version version = 0;
    absl::Time time;
  };
  struct Facts {
    uint64_t step = 0;  // committed so far
    Digest chain;
    Checkpoint checkpoint;
  };

  void SetStep(uint64_t step, const Digest& chain) MDRL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    facts_.step = step;
    facts_.chain = chain;
  }
  void SetCheckpoint(Checkpoint checkpoint) MDRL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    facts_.checkpoint = std::move(checkpoint);
  }
  Facts facts() const MDRL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return facts_;
  }

 private:
  mutable Mutex mutex_;
  Facts facts_ MDRL_GUARDED_BY(mutex_);
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_RUN_BOARD_H_
