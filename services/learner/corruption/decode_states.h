// `decode_states`: the canvases that the decoder itself saw (TraceRL,
// arXiv 2509.06949).
#ifndef MDRL_SERVICES_LEARNER_CORRUPTION_DECODE_STATES_H_
#define MDRL_SERVICES_LEARNER_CORRUPTION_DECODE_STATES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "services/learner/corruption/corruption_law.h"

namespace mdrl {

// The distinct decode steps of a completion, in order, are merged in runs of
// `merge`; each run is one sample. Masked: every position revealed in this run
// or later; scored: those of this run. Runs without a scored position are left
// out. No draws. The weight is 1.
//
// Positions that were never revealed (stop_at_eos) are masked in every sample
// and scored in none. `eos_scored`: how many EOS tokens, in canvas order, may
// be scored; absent: all. The published code counts with 0, which drops the
// first one as well.
class DecodeStatesLaw final : public CorruptionLaw {
 public:
  struct Options {
    int32_t mask_id = 0;
    int32_t eos_id = 0;
    int merge = 8;
    std::optional<int> eos_scored = 1;
  };
  explicit DecodeStatesLaw(Options options) : options_(options) {}
  // REQUIRES: completion.reveal_step has one entry per canvas position.
  std::vector<Sample> Draw(std::span<const int32_t> prompt_tokens,
                           const Completion& completion, const Place& place,
                           DrawSource& draws) const override;

 private:
  Options options_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CORRUPTION_DECODE_STATES_H_
