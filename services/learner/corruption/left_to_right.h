// `left_to_right`: the states of a decoder that writes one token after the
// other (JustGRPO, arXiv 2601.15165).
#ifndef MDRL_SERVICES_LEARNER_CORRUPTION_LEFT_TO_RIGHT_H_
#define MDRL_SERVICES_LEARNER_CORRUPTION_LEFT_TO_RIGHT_H_

#include <cstdint>
#include <span>
#include <vector>

#include "services/learner/corruption/corruption_law.h"

namespace mdrl {

// Sample i of the L shows positions before i, masks all from i on and is
// scored at i. Every position of the canvas counts, those after n included.
// No draws. The weight is 1.
class LeftToRightLaw final : public CorruptionLaw {
 public:
  struct Options {
    int32_t mask_id = 0;
  };
  explicit LeftToRightLaw(Options options) : options_(options) {}
  std::vector<Sample> Draw(std::span<const int32_t> prompt_tokens,
                           const Completion& completion, const Place& place,
                           DrawSource& draws) const override;

 private:
  Options options_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CORRUPTION_LEFT_TO_RIGHT_H_
