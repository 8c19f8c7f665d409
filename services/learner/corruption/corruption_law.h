// On which canvases a completion is scored: completion, place and draws in,
// samples out. No Torch.
//
// A law is pure: the same arguments and draws give the same samples, whatever
// the batch, so a replayed step scores the canvases of the first run. Laws
// hold only their settings and are safe to use from any thread.
#ifndef MDRL_SERVICES_LEARNER_CORRUPTION_CORRUPTION_LAW_H_
#define MDRL_SERVICES_LEARNER_CORRUPTION_CORRUPTION_LAW_H_

#include <cstdint>
#include <span>
#include <vector>

#include "common/record/group.h"

namespace mdrl {

// Counts may be stratified over a group or over samples, noise levels swept
// over the steps of a round.
struct Place {
  int completion = 0;
  int group_size = 1;
  int step_in_round = 0;
  int steps_in_round = 1;
};

// The only randomness a law sees. Production: Philox stream 4, keyed by group
// and place. Tests: the draws recorded with the authors' code.
class DrawSource {
 public:
  // What draws belong to. kGroup: the same numbers for all its completions;
  // kRound: one completion's, the same in every step of its round.
  enum class Scope { kGroup, kRound, kCompletion, kSample };
  virtual ~DrawSource() = default;

  // What the next draws belong to; `sample` counts for kSample only. Numbers
  // restart, so a law opens each (scope, sample) at most once.
  virtual void Open(Scope scope, int sample) = 0;
  // Uniform on low..high, both included. REQUIRES: low <= high.
  virtual int Between(int low, int high) = 0;
  virtual std::vector<float> Uniforms(int n) = 0;  // in [0, 1)
  virtual std::vector<int32_t> Permutation(int n) = 0;
};

// One corrupted canvas. P prompt positions, L canvas positions.
struct Sample {
  std::vector<int32_t> input;   // P + L: masks, or older tokens, in place
  std::vector<int32_t> target;  // L: the token whose probability is read
  std::vector<bool> scored;     // L
  double weight = 1.0;          // n / |scored| and the like; 0: nothing scored
};

class CorruptionLaw {
 public:
  virtual ~CorruptionLaw() = default;

  // REQUIRES: completion.effective_tokens <= completion.tokens.size().
  virtual std::vector<Sample> Draw(std::span<const int32_t> prompt_tokens,
                                   const Completion& completion,
                                   const Place& place,
                                   DrawSource& draws) const = 0;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CORRUPTION_CORRUPTION_LAW_H_
