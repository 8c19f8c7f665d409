// Where a law's draws come from in production: the run's Philox streams.
//
// Values without shared state: one source serves one thread.
#ifndef MDRL_SERVICES_LEARNER_CORRUPTION_DRAW_SOURCE_H_
#define MDRL_SERVICES_LEARNER_CORRUPTION_DRAW_SOURCE_H_

#include <cstdint>
#include <vector>

#include "common/base/philox.h"
#include "services/learner/corruption/corruption_law.h"

namespace mdrl {

// Draws of one line of the stream table, in order. The base of the two below.
class SequenceDraws : public DrawSource {
 public:
  int Between(int low, int high) final;
  std::vector<float> Uniforms(int n) final;
  std::vector<int32_t> Permutation(int n) final;

 protected:
  explicit SequenceDraws(PhiloxSequence sequence) : sequence_(sequence) {}
  void Restart(PhiloxSequence sequence) {
    sequence_ = sequence;
    next_ = 0;
  }

 private:
  PhiloxSequence sequence_;
  uint64_t next_ = 0;
};

// Stream 4: `key` is the group's, `use` tells apart several purposes of the
// same place (0: the samples that are trained on). What is drawn once for a
// round (Scope::kRound) stands where step 2^16 - 1 of it would.
class PhiloxDraws final : public SequenceDraws {
 public:
  // REQUIRES: place.step_in_round < 2^16 - 1; use < 2^16; completion < 2^24 -
  // 1.
  PhiloxDraws(uint64_t key, uint32_t use, const Place& place);
  void Open(Scope scope, int sample) override;

 private:
  uint64_t key_;
  uint32_t use_;
  uint32_t step_;
  uint32_t completion_;
};

// Stream 6: `key` is the stage's; a row of an SFT batch has one sample, so
// Open() makes no difference.
class PhiloxSftDraws final : public SequenceDraws {
 public:
  PhiloxSftDraws(uint64_t key, uint32_t row, uint32_t step)
      : SequenceDraws(PhiloxSequence(key, Stream::kSft, row, step, 0)) {}
  void Open(Scope, int) override {}
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CORRUPTION_DRAW_SOURCE_H_
